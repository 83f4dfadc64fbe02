"""A person who uses the keyboard only: Tab, arrows, Enter, Space and letters, and nothing else."""

from playwright.sync_api import Page

# More stops than any page has before the thing looked for.
MOST_STOPS = 140
# What the focused element is called, and whether somebody can see that it is focused and where it is.
FOCUSED = """
() => {
  const one = document.activeElement;
  if (!one || one === document.body) return { name: "", tag: "", visible: true, inside: true };
  const style = getComputedStyle(one);
  const labels = [...(one.labels || [])].map((label) => label.innerText);
  const rect = one.getBoundingClientRect();
  const heard = [...one.childNodes].filter((node) => node.ariaHidden !== "true");
  const said = heard.map((node) => node.innerText ?? node.data);
  const text = one.getAttribute("aria-label") || labels.join(" ") || said.join(" ") || one.value || "";
  // A field made of several parts shows the focus around the whole.
  const shown = [style, getComputedStyle(one.closest(".ts-wrapper") ?? one)];
  const outlined = shown.some((it) => it.outlineStyle !== "none" && parseFloat(it.outlineWidth) > 0);
  return {
    name: text.replace(/\\s+/g, " ").trim(),
    tag: one.tagName.toLowerCase(),
    visible: outlined || style.boxShadow !== "none",
    inside: rect.width > 0 && rect.height > 0 && rect.bottom > 0 && rect.top < innerHeight && rect.right > 0,
  };
}
"""


class Keys:
    """Moves over a page by keys; at every stop the focus must be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops = 0

    def press(self, *keys: str) -> None:
        """Press these keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def look(self) -> dict[str, str]:
        """What has the focus; fails where nobody could see it."""
        found: dict[str, str] = self.page.evaluate(FOCUSED)
        self.stops += 1
        assert found["visible"], f"the focus cannot be seen on {found['tag']} “{found['name']}” of {self.page.url}"
        assert found["inside"], f"the focus is off the screen on {found['tag']} “{found['name']}” of {self.page.url}"
        return found

    def tab_to(self, name: str, tag: str = "", *, back: bool = False) -> None:
        """Tab until an element whose name begins so has the focus."""
        seen = []
        for _ in range(MOST_STOPS):
            found = self.look()
            seen.append(found["name"][:30])
            if found["name"].startswith(name) and tag in ("", found["tag"]):
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"no way to “{name}” by keys on {self.page.url}: {seen}")

    def activate(self, name: str, tag: str = "", key: str = "Enter") -> None:
        """Go to a link or button and press it, and wait for the page that comes."""
        self.tab_to(name, tag)
        with self.page.expect_navigation():
            self.press(key)

    def type_into(self, name: str, text: str) -> None:
        """Go to a field and type over what it holds."""
        self.tab_to(name)
        self.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, name: str, letters: str) -> None:
        """Go to a drop-down and type the beginning of a choice."""
        self.tab_to(name, "select")
        self.page.keyboard.type(letters)

    def heading(self) -> str:
        """What the page is called."""
        return self.page.get_by_role("heading", level=1).inner_text()
