// Builds app/static: style sheet, script and icons with a hash in their names, a manifest, and
// .br and .gz copies beside each file, so that the server compresses nothing.
// Usage: node build.mjs [output folder]. Needs `npm ci` first.

import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

import { build as bundle } from 'esbuild'
import { compileAsync } from 'sass'

const here = dirname(fileURLToPath(import.meta.url))
const out = resolve(process.argv[2] ?? join(here, '..', 'app', 'static'))
const browsers = 'es2020'
const notice = '/* Contains GOV.UK Frontend, Crown copyright, MIT licence */\n'

/** The style sheet, as one minified file. */
async function styles() {
  const { css } = await compileAsync(join(here, 'scss', 'app.scss'), {
    loadPaths: [join(here, 'node_modules')],
    style: 'compressed',
    charset: false,
    quietDeps: true
  })
  return Buffer.from(notice + css)
}

/** A script and what it imports, as one minified ES module; only what is used comes along. */
async function script(entry) {
  const result = await bundle({
    absWorkingDir: here,
    entryPoints: [join('js', entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: browsers,
    legalComments: 'none',
    banner: { js: notice.trim() },
    write: false
  })
  return Buffer.from(result.outputFiles[0].contents)
}

async function icons() {
  const folder = join(here, 'icons')
  const names = await readdir(folder)
  return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))]))
}

/** Write one file whole or not at all. */
async function put(name, content) {
  const half = join(out, `.${name}.part`)
  await writeFile(half, content)
  await rename(half, join(out, name))
}

async function putCompressed(name, content) {
  const [brotli, gzipped] = await Promise.all([
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    promisify(gzip)(content, { level: 9 })
  ])
  await Promise.all([put(name, content), put(`${name}.br`, brotli), put(`${name}.gz`, gzipped)])
  return { name, bytes: content.length, gzip: gzipped.length, brotli: brotli.length }
}

async function previous() {
  try {
    return Object.values(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')))
  } catch {
    return []
  }
}

/** Remove what neither this build nor the one before made; a running server may still send that. */
async function tidy(kept) {
  const names = new Set(kept.flatMap((name) => [name, `${name}.br`, `${name}.gz`]))
  names.add('manifest.json')
  for (const name of await readdir(out)) {
    if (!names.has(name)) await rm(join(out, name), { recursive: true, force: true })
  }
}

const before = await previous()
await mkdir(out, { recursive: true })
const files = [
  ['app.css', await styles()],
  ['app.js', await script('app.js')],
  ...(await icons())
]
const manifest = {}
for (const [name, content] of files) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10)
  const ending = extname(name)
  const hashed = `${name.slice(0, -ending.length)}-${hash}${ending}`
  manifest[name] = hashed
  const made = await putCompressed(hashed, content)
  console.error(`${made.name}: ${made.bytes} bytes, gzip ${made.gzip}, brotli ${made.brotli}`)
}
await put('manifest.json', JSON.stringify(manifest, null, 2) + '\n')
await tidy([...Object.values(manifest), ...before])
