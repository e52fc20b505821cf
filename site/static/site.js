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
