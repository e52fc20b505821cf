// What the theme does not say to screen readers.
document.querySelector(".sidebar-drawer").ariaLabel = "Course";
document.querySelector(".toc-drawer").ariaLabel = "On this page";
for (const caption of document.querySelectorAll(".sidebar-tree .caption")) caption.ariaLevel = 2;

// What is wider than the screen and scrolls must be reached with the keyboard.
function reachable() {
  for (const part of document.querySelectorAll(".highlight pre, .table-wrapper, .formula")) {
    const scrolls = part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight;
    part.toggleAttribute("tabindex", scrolls);
    if (scrolls) part.tabIndex = 0;
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);

// The drawing page on the start page has the theme of the site.
const drawing = document.querySelector(".drawing");
function sameTheme() {
  const theme = document.body.dataset.theme;
  try { drawing.contentDocument.documentElement.dataset.theme = theme === "auto" ? "" : theme; } catch { /* from disk a page may not touch another */ }
}
if (drawing) {
  drawing.addEventListener("load", sameTheme);
  new MutationObserver(sameTheme).observe(document.body, { attributeFilter: ["data-theme"] });
}

// From disk the search cannot read the pages for its excerpts, and shows their titles.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
