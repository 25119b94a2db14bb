"""Collects pairs of a doc comment and the function that it documents, from packages under permissive licenses.

    python collect.py PACKAGES PAIRS_PROGRAM OUT

PACKAGES has the directories pypi (wheels), npm (tarballs) and crates (unpacked crates, as in the registry cache of cargo).
The script writes OUT/pairs.jsonl and OUT/sources.tsv. The latter lists every package that contributed a pair: registry, name,
version, license, pairs.
"""

import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

# Licenses that require only attribution. A package under "MIT OR GPL-2.0" is used under MIT.
PERMISSIVE = re.compile(
    r"\b(MIT|Apache|BSD|ISC|Zlib|Unlicense|CC0|HPND|PSF|Python Software Foundation|Boost|BSL-1\.0|public domain)\b",
    re.IGNORECASE,
)
RESTRICTED = re.compile(r"\b(A?GPL|LGPL|MPL|EPL|CDDL|Mozilla|proprietary|Commons Clause|BUSL|SSPL)", re.IGNORECASE)

# Repositories that search is or may be measured on. Nothing is learned from them, their parts or their extensions.
MEASURED = re.compile(
    r"^(aiohttp|pydantic|fastapi|starlette|flask|click|requests|httpx|django|celery|rich|typer|sqlalchemy|pytest|scrapy|httpcore"
    r"|uvicorn|jinja2|werkzeug|poetry|black|tokio|axum|serde|clap|ripgrep|hyper|reqwest|actix|rayon|bat|fd|tower|tracing|tonic|sqlx"
    r"|diesel|bytes|mio|express|zod|axios|lodash|koa|fastify|vue|react|next|svelte|redux|jest|vite|vitest|prettier|chalk|commander"
    r"|winston|mongoose|socket|got|hono|trpc|prisma|nestjs|rxjs|date-fns|zustand|moment|bluebird|underscore|typeorm|ramda)([-_.]|$)",
    re.IGNORECASE,
)

# Generated bindings.
BINDINGS = re.compile(r"^(windows|winapi|web-sys|js-sys|libc$|linux-raw-sys)|-sys$")

# Pairs of these packages are never learned from. They measure what was learned.
HELD_OUT = {"networkx", "trio", "falcon", "petgraph", "rustls", "three", "knex"}

PAIRS_PER_PACKAGE_MAX = 6_000


def first_paragraph(doc):
    """Returns the first paragraph of a doc comment without markup, as somebody might search for it."""
    lines = []
    for line in doc.splitlines():
        line = re.sub(r"^\s*(///?!?|/\*\*?|\*/?|#+|--+|[rRuUbB]*(\"\"\"|'''))\s?", "", line)
        line = re.sub(r"(\*/|\"\"\"|''')\s*$", "", line).strip()
        if re.match(r"^(@|:param|:return|Args?:|Parameters$|Returns:?|Examples?:?|```|>>>|-{3,}|={3,}|# )", line):
            break
        if not line and lines:
            break
        if line:
            lines.append(line)
    text = " ".join(lines)
    text = re.sub(r"\{@\w+ ([^}]*)\}|\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])?|:\w+:`~?([^`]*)`", lambda m: next(filter(None, m.group(1, 2, 4)), ""), text)
    return text.replace("`", "").strip()[:400]


def is_informative(doc):
    words = re.findall(r"[A-Za-z]{2,}", doc)
    return len(words) >= 4 and sum(map(len, words)) > 0.6 * len(doc.replace(" ", ""))


def packages(directory):
    """Yields (registry, name, version, license, source), where source is a directory or a function that unpacks into one."""
    for path in sorted((directory / "pypi").glob("*.whl")):
        wheel = zipfile.ZipFile(path)
        metadata = next(n for n in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
        head = wheel.read(metadata).decode(errors="replace").split("\n\n")[0]
        field = lambda name: re.findall(rf"^{name}: (.*)$", head, re.MULTILINE)
        license = field("License-Expression") or [c.split("::")[-1].strip() for c in field("Classifier") if c.startswith("License ::")] or field("License")
        def unpack(to, wheel=wheel):
            for name in wheel.namelist():
                if name.endswith(".py") and not re.search(r"(^|/)(_?vendor|tests?|extern(al)?)/", name):
                    wheel.extract(name, to)
        yield "pypi", field("Name")[0], field("Version")[0], " / ".join(license)[:80], unpack
    for path in sorted((directory / "npm").glob("*.tgz")):
        archive = tarfile.open(path)
        members = {m.name.split("/", 1)[-1]: m for m in archive.getmembers() if m.isfile()}
        about = json.load(archive.extractfile(members["package.json"]))
        def unpack(to, archive=archive, members=members):
            for name, member in members.items():
                # Build output repeats the sources.
                if re.search(r"\.(js|ts|mjs)$", name) and not re.search(r"(^|/)(dist|build|bundle|umd|cjs|esm|vendor|tests?)/|\.min\.|\.d\.ts$", name):
                    if member.size < 2_000_000:
                        target = to / name
                        target.parent.mkdir(parents=True, exist_ok=True)
                        target.write_bytes(archive.extractfile(member).read())
        yield "npm", about["name"], about["version"], str(about.get("license")), unpack
    for path in sorted((directory / "crates").iterdir()):
        manifest = path / "Cargo.toml"
        if manifest.is_file():
            text = manifest.read_text(errors="replace")
            field = lambda name: next(iter(re.findall(rf'^{name} = "(.*)"$', text, re.MULTILINE)), "")
            yield "crates", field("name"), field("version"), field("license"), path


def main():
    directory, program, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    seen = set()
    names = set()
    with open(out / "pairs.jsonl", "w") as pairs, open(out / "sources.tsv", "w") as sources:
        print("registry", "name", "version", "license", "pairs", sep="\t", file=sources)
        for registry, name, version, license, source in packages(directory):
            if MEASURED.search(name.split("/")[-1]) or BINDINGS.search(name) or name in names:
                continue
            if not PERMISSIVE.search(license) or (RESTRICTED.search(license) and " OR " not in license.upper()):
                print("skipped:", registry, name, license, file=sys.stderr)
                continue
            names.add(name)
            with tempfile.TemporaryDirectory() as temporary:
                if callable(source):
                    # No rule of the index skips a directory with this name.
                    source(Path(temporary) / "package")
                    source = Path(temporary) / "package"
                    source.mkdir(exist_ok=True)
                lines = subprocess.run([program, str(source)], capture_output=True, check=False, timeout=600).stdout.splitlines()
            count = 0
            for line in lines:
                pair = json.loads(line)
                doc = first_paragraph(pair["doc"])
                key = re.sub(r"\s+", "", pair["code"])
                if not is_informative(doc) or len(key) < 40 or key in seen or doc in seen:
                    continue
                seen.update((key, doc))
                pair.update(package=name, doc=doc, held_out=name in HELD_OUT)
                print(json.dumps(pair), file=pairs)
                count += 1
                if count >= PAIRS_PER_PACKAGE_MAX:
                    break
            if count:
                print(registry, name, version, license, count, sep="\t", file=sources, flush=True)


main()
