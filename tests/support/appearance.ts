/** How a page looks in a real browser, as numbers: width, contrast, the size of what is pressed. */

/** What a reader would notice. */
export interface Appearance {
  readonly width: number;
  readonly lang: string;
  readonly background: string;
  readonly headings: number;
  readonly mains: number;
  /** Texts with less than 4.5:1 against what is behind them (WCAG 2.2, 1.4.3). */
  readonly faint: readonly string[];
  /** Controls that are lower than 44 px. */
  readonly small: readonly string[];
}

/** Evaluates to an `Appearance`; run inside the page, so in the browser's words. */
export const APPEARANCE = `(() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = numbers(color).map((x) => x / 255)
      .map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let it = element; it; it = it.parentElement) {
      const color = getComputedStyle(it).backgroundColor;
      if (numbers(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const contrast = (element) => {
    const of = [getComputedStyle(element).color, behind(element)].map(luminance);
    return (Math.max(...of) + 0.05) / (Math.min(...of) + 0.05);
  };
  const hasText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
  const texts = [...document.body.querySelectorAll("*")].filter(hasText);
  return {
    width: document.documentElement.scrollWidth,
    lang: document.documentElement.lang,
    background: getComputedStyle(document.body).backgroundColor,
    headings: document.querySelectorAll("h1").length,
    mains: document.querySelectorAll("main").length,
    faint: texts.filter((it) => contrast(it) < 4.5).map((it) => it.outerHTML),
    small: [...document.querySelectorAll("button, a, input:not([type=hidden]), select")]
      .filter((it) => it.getBoundingClientRect().height < 44).map((it) => it.outerHTML),
  };
})()`;
