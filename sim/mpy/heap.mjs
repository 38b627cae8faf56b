// Runs MicroPython's 32-bit WebAssembly build under Node and tells how much heap each step leaves.
//
// Arguments: the build's micropython.mjs, a JSON file {files: {path: base64}, steps: [[name, code]]}.
// A file `rom` is a ROMFS image. It lies outside the heap, as in flash: bytes on the heap would
// count, and would keep alive whatever they happen to point at.
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

python.runPython("import sys; sys.path[:] = ['/image', '/stand_ins']");
if (files.rom) {
  const rom = Buffer.from(files.rom, "base64");
  const place = python._module._malloc(rom.length);
  python._module.HEAPU8.set(rom, place);
  python.runPython(`import uctypes, vfs
vfs.mount(vfs.VfsRom(uctypes.bytearray_at(${place}, ${rom.length})), '/image')`);
}
const rows = [["interpreter", used()]];
for (const [name, code] of steps) {
  try {
    python.runPython(code);
  } catch (error) {
    // Node would print the line that threw, which is the whole interpreter.
    console.error(`${name || code}: ${error.message}`);
    process.exit(1);
  }
  rows.push([name, used()]);
}
console.log(JSON.stringify(rows));
