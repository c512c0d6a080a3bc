// What people call an image: its tag, or the start of its digest.

/** `1.4.2` of `registry.acme.dev/shop:1.4.2`; twelve digits of a digest; else the image itself. */
export function tagOf(image: string): string {
  const [name = '', digest] = image.split('@');
  const tag = /:([\w][\w.-]*)$/.exec(name)?.[1];
  if (tag) return tag;
  if (digest) return digest.replace(/^sha256:/, '').slice(0, 12);
  return image;
}

/** Whether an image says which version is meant. */
export function isComplete(image: string): boolean {
  return /^[^\s:@]+(:\d+\/[^\s:@]+)?(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(image) && tagOf(image) !== image;
}

/** The images of deployments, newest first, each once. */
export function recentImages(images: string[], limit = 5): string[] {
  return [...new Set(images)].slice(0, limit);
}
