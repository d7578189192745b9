/** The look of `/docs`, light and dark. */
export const docsStyle = `
:root{--ink:#1b1f2a;--soft:#5c6475;--line:#e3e6ed;--paper:#fff;--wash:#f6f7fa;--accent:#3346c8;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaf0;--soft:#9aa3b5;--line:#2b3040;--paper:#12151d;--wash:#1a1e29;--accent:#9aa8ff}}
*{box-sizing:border-box}body{margin:0;display:grid;grid-template-columns:19rem minmax(0,1fr);font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem;border-right:1px solid var(--line);background:var(--wash);font-size:.9rem}
nav h1{font-size:1.2rem;margin:0 0 1rem}nav ul{list-style:none;padding:0}nav li{margin:.45rem 0}a{color:inherit;text-decoration:none}a:hover{color:var(--accent)}
main{padding:2rem clamp(1rem,5vw,4rem);max-width:64rem}header h1{font-size:1.8rem;line-height:1.25}h2{margin-top:3rem;border-bottom:1px solid var(--line);padding-bottom:.4rem}
section{margin:2rem 0;padding:1.2rem 1.5rem;border:1px solid var(--line);border-radius:10px}section h3{margin:0}h4{margin:1.2rem 0 .4rem;color:var(--soft);font-size:.85rem;text-transform:uppercase;letter-spacing:.05em}
code,pre{font-family:ui-monospace,monospace;font-size:.88em}pre{background:var(--wash);border-radius:8px;padding:.8rem 1rem;overflow:auto}
nav b,.call b{display:inline-block;min-width:3.6rem;text-transform:uppercase;font-size:.72rem;letter-spacing:.04em}.get{color:#16803c}.post{color:#1f5fbf}.patch,.put{color:#a15c00}.delete{color:#b3261e}
.scope{float:right;color:var(--soft);font:.8rem ui-monospace,monospace}table{width:100%;border-collapse:collapse;font-size:.92rem}td{vertical-align:top;padding:.45rem .6rem .45rem 0;border-top:1px solid var(--line)}td p{margin:0}small{color:var(--soft)}
.answer{padding:.35rem 0;border-top:1px solid var(--line)}summary{cursor:pointer}.s2{color:#16803c}.s4{color:#a15c00}.s5{color:#b3261e}
@media(max-width:52rem){body{display:block}nav{position:static;height:auto;border-right:0}}`;
