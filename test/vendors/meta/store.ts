/** Somebody as one page or one Instagram account sees them: ids are scoped to it. */
export interface SimAuthor {
  readonly id: string;
  readonly name: string;
}

export interface SimLead {
  readonly id: string;
  readonly form: string;
  readonly at: number;
  readonly answers: Readonly<Record<string, readonly string[]>>;
  readonly boxes: Readonly<Record<string, boolean>>;
  readonly ad: string | undefined;
  /** What answers hold in place of the real fields: a record that nobody can read. */
  damage: Readonly<Record<string, unknown>> | undefined;
}

export interface SimComment {
  readonly id: string;
  readonly network: 'facebook' | 'instagram';
  /** The post or medium below which it is. */
  readonly on: string;
  readonly parent: string | undefined;
  readonly author: SimAuthor | undefined;
  readonly at: number;
  text: string;
  damage: Readonly<Record<string, unknown>> | undefined;
}

/** A comment or a medium elsewhere that names the Instagram account. */
export interface SimMention {
  readonly id: string;
  readonly in: 'comment' | 'media';
  readonly on: string;
  readonly username: string | undefined;
  readonly at: number;
  readonly text: string;
}

export interface SimPost {
  readonly id: string;
  readonly at: number;
  readonly text: string;
}

/** One update that webhooks tell, of a page or an Instagram account. */
export interface Update {
  readonly object: 'page' | 'instagram';
  readonly of: string;
  readonly field: string;
  readonly value: object;
}

export interface When {
  readonly at?: Date;
}

export interface CommentOptions extends When {
  readonly parent?: string;
}

/** What people do on one page and its Instagram account. Instants are whole seconds, as Meta tells them. */
export interface MetaStore {
  readonly page: string;
  readonly instagram: string;
  readonly forms: ReadonlyMap<string, string>;
  readonly leads: ReadonlyMap<string, SimLead>;
  readonly posts: ReadonlyMap<string, SimPost>;
  readonly media: ReadonlyMap<string, SimPost>;
  readonly comments: ReadonlyMap<string, SimComment>;
  createForm(name: string): string;
  submit(
    form: string,
    answers: Readonly<Record<string, string | readonly string[]>>,
    options?: When & { readonly boxes?: Readonly<Record<string, boolean>>; readonly ad?: string },
  ): string;
  deleteLead(id: string): void;
  post(text: string, options?: When): string;
  deletePost(id: string): void;
  share(text: string, options?: When): string;
  /** `author` undefined: somebody whom Meta does not name to this app. */
  comment(on: string, author: SimAuthor | undefined, text: string, options?: CommentOptions): string;
  edit(comment: string, text: string): void;
  remove(comment: string): void;
  /** Somebody names the page in a post of their own. */
  mention(author: SimAuthor, text: string): void;
  /** Somebody names the Instagram account in a comment or a caption of their own; without a name, of somebody Meta does not name. */
  mentionOnInstagram(
    username: string | undefined,
    text: string,
    options: When & { readonly in: 'comment' | 'media' },
  ): string;
  readonly mentions: ReadonlyMap<string, SimMention>;
  /** Counts by metric of a day, of the page or of the Instagram account. */
  count(of: 'page' | 'instagram', day: string, counts: Readonly<Record<string, unknown>>): void;
  readonly counts: Readonly<Record<'page' | 'instagram', ReadonlyMap<string, Readonly<Record<string, unknown>>>>>;
  damageLead(id: string, fields: Readonly<Record<string, unknown>>): void;
  damageComment(id: string, fields: Readonly<Record<string, unknown>>): void;
  whenTold(listener: (update: Update) => void): void;
}

export function createStore(now: () => Date, { page, instagram }: Pick<MetaStore, 'page' | 'instagram'>): MetaStore {
  const forms = new Map<string, string>();
  const leads = new Map<string, SimLead>();
  const posts = new Map<string, SimPost>();
  const media = new Map<string, SimPost>();
  const comments = new Map<string, SimComment>();
  const mentions = new Map<string, SimMention>();
  const counts = {
    page: new Map<string, Record<string, unknown>>(),
    instagram: new Map<string, Record<string, unknown>>(),
  };
  const listeners: ((update: Update) => void)[] = [];
  let lastId = 1_459_076_748_000_000;

  const nextId = (): string => {
    lastId += 1;
    return String(lastId);
  };
  const whole = (at: Date): number => Math.floor(at.getTime() / 1_000) * 1_000;
  const tell = (update: Update): void => {
    for (const listener of listeners) listener(update);
  };
  const tellPage = (field: string, value: object): void => tell({ object: 'page', of: page, field, value });
  const get = (id: string): SimComment => {
    const comment = comments.get(id);
    if (comment === undefined) throw new Error(`the simulator has no comment ${id}`);
    return comment;
  };
  const tellComment = (comment: SimComment, verb: 'add' | 'edited' | 'remove'): void => {
    const { id, network, on, parent, author, at, text } = comment;
    if (network === 'facebook') {
      tellPage('feed', {
        ...(author === undefined ? {} : { from: author }),
        item: 'comment',
        verb,
        post_id: on,
        comment_id: id,
        parent_id: parent ?? on,
        created_time: at / 1_000,
        ...(verb === 'remove' ? {} : { message: text }),
      });
      return;
    }
    // Instagram tells of new comments only, and not when they were written.
    if (verb !== 'add') return;
    const from = author === undefined ? {} : { from: { id: author.id, username: author.name } };
    const value = { id, ...from, media: { id: on, media_product_type: 'FEED' }, text };
    tell({
      object: 'instagram',
      of: instagram,
      field: 'comments',
      value: parent === undefined ? value : { ...value, parent_id: parent },
    });
  };

  return {
    page,
    instagram,
    forms,
    leads,
    posts,
    media,
    comments,
    createForm(name) {
      const id = nextId();
      forms.set(id, name);
      return id;
    },
    submit(form, answers, { at = now(), boxes = {}, ad } = {}) {
      const id = nextId();
      const given = Object.entries(answers).map(([key, value]) => [key, typeof value === 'string' ? [value] : value]);
      leads.set(id, { id, form, at: whole(at), answers: Object.fromEntries(given), boxes, ad, damage: undefined });
      const value = { created_time: whole(at) / 1_000, leadgen_id: id, page_id: page, form_id: form };
      tellPage('leadgen', ad === undefined ? value : { ...value, ad_id: ad, adgroup_id: ad });
      return id;
    },
    deleteLead: (id) => void leads.delete(id),
    post(text, { at = now() } = {}) {
      const id = `${page}_${nextId()}`;
      posts.set(id, { id, at: whole(at), text });
      return id;
    },
    deletePost: (id) => void posts.delete(id),
    share(text, { at = now() } = {}) {
      const id = nextId();
      media.set(id, { id, at: whole(at), text });
      return id;
    },
    comment(on, author, text, { at = now(), parent } = {}) {
      const isPost = posts.has(on);
      if (!isPost && !media.has(on)) throw new Error(`the simulator has no post or medium ${on}`);
      const id = isPost ? `${on.split('_')[1]}_${nextId()}` : nextId();
      const network = isPost ? 'facebook' : 'instagram';
      const comment: SimComment = { id, network, on, parent, author, at: whole(at), text, damage: undefined };
      comments.set(id, comment);
      tellComment(comment, 'add');
      return id;
    },
    edit(id, text) {
      const comment = get(id);
      comment.text = text;
      tellComment(comment, 'edited');
    },
    remove(id) {
      const comment = get(id);
      comments.delete(id);
      tellComment(comment, 'remove');
    },
    mention({ id, name }, text) {
      const post = `${id}_${nextId()}`;
      tellPage('mention', {
        sender_id: id,
        sender_name: name,
        item: 'post',
        post_id: post,
        message: text,
        verb: 'add',
      });
    },
    mentions,
    counts,
    mentionOnInstagram(username, text, { at = now(), in: place }) {
      const [id, on] = [nextId(), nextId()];
      mentions.set(id, { id, in: place, on, username, at: whole(at), text });
      const value = place === 'media' ? { media_id: id } : { media_id: on, comment_id: id };
      tell({ object: 'instagram', of: instagram, field: 'mentions', value });
      return id;
    },
    count(of, day, told) {
      counts[of].set(day, { ...counts[of].get(day), ...told });
    },
    damageLead(id, fields) {
      const lead = leads.get(id);
      if (lead !== undefined) lead.damage = fields;
    },
    damageComment: (id, fields) => {
      get(id).damage = fields;
    },
    whenTold: (listener) => void listeners.push(listener),
  };
}
