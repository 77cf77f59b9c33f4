// As much of the browser as the page uses, with the few ways to make and change elements; text only ever becomes text.

export interface Happening {
  readonly key: string
  readonly target: Box | null
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly shiftKey: boolean
  readonly altKey: boolean
  preventDefault(): void
}

/** An element. */
export interface Box {
  className: string
  textContent: string | null
  hidden: boolean
  disabled: boolean
  value: string
  checked: boolean
  readonly open: boolean
  readonly tagName: string
  readonly firstElementChild: Box | null
  readonly nextElementSibling: Box | null
  readonly children: ArrayLike<Box>
  readonly style: { setProperty(name: string, value: string): void }
  append(...content: readonly (Box | string)[]): void
  replaceChildren(...content: readonly (Box | string)[]): void
  replaceWith(other: Box): void
  insertBefore(box: Box, before: Box | null): void
  remove(): void
  contains(other: Box | null): boolean
  closest(selector: string): Box | null
  querySelector(selector: string): Box | null
  getAttribute(name: string): string | null
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
  addEventListener(type: string, listener: (happening: Happening) => void): void
  focus(): void
  showModal(): void
  close(): void
}

declare const document: {
  title: string
  readonly visibilityState: 'visible' | 'hidden'
  readonly activeElement: Box | null
  createElement(tag: string): Box
  getElementById(id: string): Box | null
  querySelectorAll(selector: string): Iterable<Box>
  addEventListener(type: string, listener: (happening: Happening) => void): void
}

export const page = document

/** An element with attributes and content. */
export function make(tag: string, attributes: Readonly<Record<string, string>> = {}, ...content: readonly (Box | string)[]): Box {
  const box = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) box.setAttribute(name, value)
  box.append(...content)
  return box
}

/** One that the document of the page has. */
export function found(id: string): Box {
  const box = document.getElementById(id)
  if (!box) throw new Error(`the page has no ${id}`)
  return box
}

/** Leaves alone what is so already: changing it would move the cursor of a screen reader. */
export function say(box: Box, text: string): void {
  if (box.textContent !== text) box.textContent = text
}
