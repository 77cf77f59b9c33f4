// Writes tar archives (POSIX.1-1988 ustar) with nothing in them that changes from run to run: no owners, no times.

export type TarEntry = {
  /** Without a leading slash; a folder ends in one. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  readonly size: number
}

const block = 512

/** The 512 bytes before a member's content. Throws RangeError for a path that ustar cannot hold. */
export function tarHeader({ path, mode, size }: TarEntry): Buffer {
  const header = Buffer.alloc(block)
  const { name, prefix } = splitPath(path)
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`
  header.write(name, 0)
  header.write(octal(mode, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(size, 12), 124)
  header.write(octal(0, 12), 136)
  header.write(' '.repeat(8), 148)
  header.write(path.endsWith('/') ? '5' : '0', 156)
  header.write('ustar\u000000', 257)
  header.write(prefix, 345)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** Zeros that fill the last block of a member of this size. */
export const tarPadding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block)

/** The end of an archive: two empty blocks. */
export const tarEnd: Buffer = Buffer.alloc(2 * block)

function splitPath(path: string): { readonly name: string; readonly prefix: string } {
  if (path.length <= 100) return { name: path, prefix: '' }
  const slash = path.indexOf('/', path.length - 101)
  if (slash < 1 || slash > 155) throw new RangeError(`too long for a tar archive: ${path}`)
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) }
}
