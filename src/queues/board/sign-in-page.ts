const STYLE = `
:root{--ink:#1b1f2a;--soft:#5c6475;--line:#c9cedb;--paper:#fff;--accent:#3346c8;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaf0;--soft:#9aa3b5;--line:#3a4156;--paper:#12151d;--accent:#9aa8ff}}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
main{width:min(30rem,calc(100vw - 2rem))}h1{font-size:1.4rem;margin:0 0 .5rem}p{color:var(--soft);margin:.5rem 0 1rem}
label{display:block;font-weight:600;margin-bottom:.3rem}textarea{box-sizing:border-box;width:100%;height:8rem;padding:.6rem;border:1px solid var(--line);border-radius:8px;background:transparent;color:inherit;font:.85rem ui-monospace,monospace;overflow-wrap:anywhere}
button{margin-top:1rem;padding:.6rem 1.2rem;border:0;border-radius:8px;background:var(--accent);color:var(--paper);font:inherit;font-weight:600;cursor:pointer}
[role=alert]{color:#b3261e;font-weight:600}@media(prefers-color-scheme:dark){[role=alert]{color:#ff8a80}}`;

/**
 * Asks for an access token. It runs no script and loads nothing.
 * @param action where the form goes
 * @param refusal why the last token was not taken, in our own words
 */
export const signInPage = (action: string, refusal?: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Portcullis queues</title><style>${STYLE}</style></head><body><main>
<h1>Portcullis queues</h1>
<p>To watch the queues, give an access token of a system client with the scope <code>webhooks:manage</code>.
It stays in this browser until it expires, or until you sign out.</p>
${refusal === undefined ? '' : `<p role="alert">${refusal}</p>`}
<form method="post" action="${action}">
<label for="token">Access token</label>
<textarea id="token" name="token" required autofocus autocomplete="off" spellcheck="false"></textarea>
<button>Sign in</button></form></main></body></html>`;
