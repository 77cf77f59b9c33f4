// Texts that do not stand out enough from what is behind them (WCAG 2.2, 1.4.3: 4.5 to 1).
import type { Page } from '../../test/browser/chromium.ts'

/** In words, one line each. Runs in the page; what is see-through shows the ground of what it stands in. */
export async function faintTexts(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`(() => {
    const parse = text => (text.match(/[\\d.]+/g) ?? []).map(Number)
    const light = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map(v => v / 255).map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
      return 0.2126 * x + 0.7152 * y + 0.0722 * z
    }
    const groundOf = box => {
      for (let at = box; at; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor)
        if (colour.length === 3 || colour[3] > 0) return colour
      }
      return [255, 255, 255]
    }
    const faint = []
    for (const box of document.body.querySelectorAll('*')) {
      const own = [...box.childNodes].some(node => node.nodeType === 3 && node.textContent.trim() !== '')
      if (!own || !box.checkVisibility() || box.matches(':disabled, script, noscript')) continue
      const [one, other] = [light(parse(getComputedStyle(box).color)), light(groundOf(box))].toSorted((a, b) => b - a)
      const ratio = (one + 0.05) / (other + 0.05)
      if (ratio < 4.5) faint.push(ratio.toFixed(2) + ' ' + box.textContent.trim().slice(0, 40))
    }
    return [...new Set(faint)]
  })()`)
}
