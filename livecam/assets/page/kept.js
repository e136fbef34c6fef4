// What a person said is kept by the browser from one visit of a page to the next. The page's own script has both: said,
// an object, and store, the page's name for it.
function keep() {
  try { localStorage.setItem(store, JSON.stringify(said)); } catch { /* full or forbidden */ }
  try { window.history.replaceState({ store, said }, ""); } catch { /* too much, or too often: the next time */ }
}

// To one page in thirty that is loaded again, Chromium shows an empty storage; the tab's own history is still there.
function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(store));
    if (kept) return kept;
  } catch { /* no storage */ }
  const state = window.history.state;
  return state?.store === store ? state.said : {};
}
