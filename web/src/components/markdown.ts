// Markdown from outside, read into plain pieces. No HTML comes through: tags go, their text stays.
export type Inline = { kind: 'text' | 'code' | 'strong' | 'em'; text: string } | { kind: 'link'; text: string; href: string };
export type Block =
  | { kind: 'heading'; level: number; text: Inline[] }
  | { kind: 'paragraph' | 'quote'; text: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'rule' };

/** Longer texts are cut: nobody reads more, and the page stays quick. */
const LIMIT = 200_000;
// Every repetition is bounded, so that no text takes long.
const PIECES = /`([^`\n]{1,400})`|\[([^\]\n]{0,300})\]\(([^)\s]{0,600})[^)\n]{0,200}\)|<(https?:\/\/[^\s<>]{1,600})>|\*\*([^*\n]{1,400})\*\*|__([^_\n]{1,400})__|\*([^*\s][^*\n]{0,400})\*|(https?:\/\/[^\s<>)\]]{1,600})/g;

/** Pictures become their description, tags vanish; what is not a tag stays. */
const plain = (text: string) => text.replaceAll(/!\[([^\]\n]{0,300})\]\([^)\n]{0,900}\)/g, '$1').replaceAll(/<\/?[a-z][a-z0-9-]{0,20}(\s[^<>\n]{0,900})?\/?>/gi, '');

const outside = (address: string) => /^https?:\/\//i.test(address);

/** The pieces of one line of text. Only addresses of the web become links. */
export function inline(text: string): Inline[] {
  const cleaned = plain(text);
  const pieces: Inline[] = [];
  let from = 0;
  const say = (until: number) => until > from && pieces.push({ kind: 'text', text: cleaned.slice(from, until) });
  for (const match of cleaned.matchAll(PIECES)) {
    const [all, code, label, target, angle, strong, alsoStrong, em, bare] = match;
    say(match.index);
    from = match.index + all.length;
    if (code !== undefined) pieces.push({ kind: 'code', text: code });
    else if (label !== undefined) pieces.push(outside(target ?? '') && label ? { kind: 'link', text: label.replaceAll(/[*`]/g, ''), href: target! } : { kind: 'text', text: label });
    else if (angle ?? bare) pieces.push({ kind: 'link', text: (angle ?? bare)!, href: (angle ?? bare)! });
    else if (strong ?? alsoStrong) pieces.push({ kind: 'strong', text: (strong ?? alsoStrong)! });
    else if (em !== undefined) pieces.push({ kind: 'em', text: em });
  }
  say(cleaned.length);
  return pieces;
}

const cells = (line: string) => line.trim().replace(/^\|/, '').replace(/\|$/, '').split(/(?<!\\)\|/).map((cell) => inline(cell.trim().replaceAll(String.raw`\|`, '|')));
const isRow = (line: string | undefined) => line !== undefined && line.trimStart().startsWith('|');
const ITEM = /^\s{0,8}([-*+]|\d{1,4}[.)])\s+(.*)$/;
const BREAK = /^\s*$|^\s{0,3}(```|~~~)|^#{1,6}\s|^\s*\|/;

class Reader {
  readonly blocks: Block[] = [];
  private at = 0;

  constructor(private readonly lines: string[]) {}

  all(): Block[] {
    while (this.at < this.lines.length) this.block();
    return this.blocks;
  }

  private block() {
    const line = this.lines[this.at]!;
    const heading = /^(#{1,6})\s+(.*?)#*\s*$/.exec(line);
    if (/^\s*$/.test(line)) this.at += 1;
    else if (/^\s{0,3}(```|~~~)/.test(line)) this.code();
    else if (heading) this.put({ kind: 'heading', level: heading[1]!.length, text: inline(heading[2]!) });
    else if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) this.put({ kind: 'rule' });
    else if (isRow(line) && /^[\s|:-]+$/.test(this.lines[this.at + 1] ?? 'x')) this.table();
    else if (ITEM.test(line)) this.list();
    else this.paragraph(line.trimStart().startsWith('>'));
  }

  private put(block: Block) {
    this.blocks.push(block);
    this.at += 1;
  }

  private code() {
    const fence = this.lines[this.at]!.trim().slice(0, 3);
    const from = this.at + 1;
    let until = from;
    while (until < this.lines.length && !this.lines[until]!.trimStart().startsWith(fence)) until += 1;
    this.blocks.push({ kind: 'code', text: this.lines.slice(from, until).join('\n') });
    this.at = until + 1;
  }

  private table() {
    const head = cells(this.lines[this.at]!);
    this.at += 2;
    const rows: Inline[][][] = [];
    for (; isRow(this.lines[this.at]); this.at += 1) rows.push(cells(this.lines[this.at]!));
    this.blocks.push({ kind: 'table', head, rows });
  }

  private list() {
    const ordered = /^\s*\d/.test(this.lines[this.at]!);
    const items: string[] = [];
    for (; this.at < this.lines.length; this.at += 1) {
      const line = this.lines[this.at]!;
      const item = ITEM.exec(line);
      if (item) items.push(item[2]!);
      else if (items.length > 0 && /^\s+\S/.test(line) && !BREAK.test(line)) items[items.length - 1] += ` ${line.trim()}`;
      else break;
    }
    this.blocks.push({ kind: 'list', ordered, items: items.map(inline) });
  }

  private paragraph(quoted: boolean) {
    const lines: string[] = [];
    do {
      lines.push(this.lines[this.at]!.trim().replace(/^>\s?/, ''));
      this.at += 1;
    } while (this.at < this.lines.length && !BREAK.test(this.lines[this.at]!) && !ITEM.test(this.lines[this.at]!));
    const text = inline(lines.join(' '));
    if (text.some((piece) => piece.text.trim())) this.blocks.push({ kind: quoted ? 'quote' : 'paragraph', text });
  }
}

/** The blocks of a text. */
export function blocksOf(text: string): Block[] {
  const lines = text.slice(0, LIMIT).replaceAll('\r', '').replaceAll(/<!--[\s\S]{0,20000}?-->/g, '').split('\n');
  return new Reader(lines).all();
}
