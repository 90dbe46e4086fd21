import { render } from 'preact';
import '../style/tokens.css';
import '../style/shell.css';
import '../style/parts.css';
import '../style/charts.css';
import { Shell } from './shell.tsx';

// The scripts of a page that was open through a deployment are gone: the page names the new ones.
window.addEventListener('vite:preloadError', () => location.reload());
render(<Shell />, document.getElementById('app') ?? document.body);
