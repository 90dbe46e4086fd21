import { guardSockets } from './guard-sockets.ts';

guardSockets();
