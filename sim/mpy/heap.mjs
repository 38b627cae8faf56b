// Runs MicroPython's 32-bit WebAssembly build under Node and tells how much heap each step leaves.
//
// Arguments: the build's micropython.mjs, a JSON file {files: {path: base64}, steps: [[name, code]]}.
// Prints JSON [[name, bytes used], ...]; the first row is the empty interpreter. This build can
// collect garbage only between two runs of code, which is why a step is a run of its own.

import { readFileSync } from "node:fs";

const [, , library, plan] = process.argv;
const { loadMicroPython } = await import(library);
const { files, steps } = JSON.parse(readFileSync(plan, "utf8"));
const python = await loadMicroPython({ heapsize: 4 * 1024 * 1024 });

for (const [path, content] of Object.entries(files)) {
  const folders = path.split("/").slice(0, -1);
  folders.reduce((above, name) => {
    const folder = `${above}/${name}`;
    if (!python.FS.analyzePath(folder).exists) python.FS.mkdir(folder);
    return folder;
  }, "");
  python.FS.writeFile(`/${path}`, Buffer.from(content, "base64"));
}

function used() {
  for (let round = 0; round < 3; round++) python.runPython("import gc; gc.collect()");
  python.runPython("import gc; _used = gc.mem_alloc()");
  return python.globals.get("_used");
}

python.runPython("import sys; sys.path.insert(0, '/image')");
const rows = [["interpreter", used()]];
for (const [name, code] of steps) {
  python.runPython(code);
  rows.push([name, used()]);
}
console.log(JSON.stringify(rows));
