#!/usr/bin/env python3
"""Writes vsphere/vim25.gen.ts and vsphere/vim25.wire.gen.ts from the published vSphere type information.

The input is the public pyVmomi package (Apache-2.0), pinned by version and SHA-256 in generate-vim25.slice.json and
fetched by pip. The slice file lists the methods, subtypes and properties in use; types reached
from them follow by themselves.

  npm run generate:vim25                      writes both files
  python3 scripts-dev/generate-vim25.py --check        exits 1 if the files are not what would be written
  python3 scripts-dev/generate-vim25.py --facts FILE   compares all facts read with a JSON file of the same facts
"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOM = HERE.parent / "vsphere"
SLICE = json.loads((HERE / "generate-vim25.slice.json").read_text())

# Every spelling of a simple type, as it is written on the wire.
SIMPLE = {
    "anyType": "any", "string": "string", "boolean": "boolean", "byte": "byte", "short": "short", "int": "int",
    "long": "long", "float": "float", "double": "double", "void": "void",
    "vmodl.DateTime": "dateTime", "vmodl.Binary": "base64", "vmodl.URI": "string", "vmodl.TypeName": "string",
    "vmodl.MethodName": "string", "vmodl.PropertyPath": "string", "vmodl.MethodFault": "fault", "vmodl.ManagedObject": "&",
}
TS = {
    "any": "AnyValue", "string": "string", "boolean": "boolean", "byte": "number", "short": "number", "int": "number",
    "long": "number", "float": "number", "double": "number", "dateTime": "string", "base64": "string", "fault": "VimFault",
    "&": "Ref", "void": "void",
}


def load_pyvmomi():
    """pyVmomi's type tables: (data types, managed types, enums, version ids)."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input", "--only-binary=:all:",
             "--dest", folder, f"pyvmomi=={SLICE['pyvmomi']}"],
            check=True,
        )
        (wheel,) = pathlib.Path(folder).glob("*.whl")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if digest != SLICE["sha256"]:
            sys.exit(f"{wheel.name}: expected SHA-256 {SLICE['sha256']}, found {digest}")
        sys.path.insert(0, str(wheel))
        # The tables are filled while the package is imported, so the wheel must still be there.
        import pyVmomi  # noqa: F401
        from pyVmomi import VmomiSupport as support
        from pyVmomi import _typeinfo_core, _typeinfo_query, _typeinfo_vim  # noqa: F401
        return support._dataDefMap, support._managedDefMap, support._enumDefMap, support.versionIdMap


class Facts:
    """The published facts by wire name, for the namespaces of urn:vim25."""

    def __init__(self):
        data, managed, enums, self.versions = load_pyvmomi()
        ours = lambda table: [d for d in table.values() if d[0].split(".")[0] in ("vim", "vmodl")]
        self.wire = {d[0]: d[1] for d in ours(data)}
        self.kind = {}
        for d in ours(data):
            self.kind[d[0]] = d[1]
        for d in ours(managed):
            self.kind[d[0]] = "&" + d[1]
        for d in ours(enums):
            self.kind[d[0]] = "=" + d[1]
        self.types = {d[1]: d for d in ours(data)}
        self.managed = {d[1]: d for d in ours(managed)}
        self.enums = {d[1]: list(d[3]) for d in ours(enums)}
        self.methods = {m[1]: (d[1], m) for d in ours(managed) for m in d[5] or []}

    def wire_type(self, name):
        """(wire type, is array) of a VMODL type name."""
        array = name.endswith("[]")
        name = name.removesuffix("[]")
        return SIMPLE.get(name) or self.kind[name], array

    def since(self, version, floor=(6, 7)):
        """The API version something came with, None if every supported server has it."""
        text = self.versions.get(version, "")
        if not text[:1].isdigit() or not text.replace(".", "").isdigit():
            return None
        return text if tuple(map(int, text.split("."))) > floor else None

    def base(self, name):
        """Wire name of a data type's base, None at the root."""
        parent = self.types[name][2]
        return self.wire.get(parent) or {"vmodl.MethodFault": "MethodFault", "vmodl.RuntimeFault": "RuntimeFault"}.get(parent)

    def own_props(self, name):
        return self.types[name][4] or []

    def is_a(self, name, base):
        while name:
            if name == base:
                return True
            name = self.base(name) if name in self.types else None
        return False

    def is_managed_a(self, name, base):
        while name in self.managed:
            if name == base:
                return True
            parent = self.kind.get(self.managed[name][2], "&")
            name = parent[1:]
        return False


def is_optional(flags):
    from pyVmomi.VmomiSupport import F_OPTIONAL
    return bool(flags & F_OPTIONAL)


class Slice:
    """What of the facts is in use: the closure of the slice file."""

    def __init__(self, facts):
        self.facts, self.types, self.enums = facts, set(), set()
        self.omit = set(SLICE["omit"])
        for listed in SLICE["read"] + SLICE["write"]:
            owner, name = listed.split(".")
            assert facts.methods[name][0] == owner, f"{listed}: {name} belongs to {facts.methods[name][0]}"
        self.methods = {m.split(".")[1]: m in SLICE["read"] for m in SLICE["read"] + SLICE["write"]}
        todo = list(SLICE["subtypes"])
        for name in self.methods:
            _, (_, _, _, params, result, _, _) = facts.methods[name]
            todo += [facts.wire_type(p[1])[0] for p in params]
            todo += [facts.wire_type(r)[0] for r in result[1:] if r]
        self.properties = {}
        for managed, paths in SLICE["properties"].items():
            for path in paths:
                kind, array, optional = self.path(managed, path)
                self.properties.setdefault(managed, {})[path] = (kind, array, optional)
                todo.append(kind)
        todo += ["PropertyFilterSpec", "RetrieveResult", "UpdateSet", "LocalizableMessage"]
        while todo:
            kind = todo.pop()
            if kind.startswith("="):
                self.enums.add(kind[1:])
            if kind not in facts.types or kind in self.types or kind == "DynamicData" or facts.is_a(kind, "MethodFault"):
                continue
            self.types.add(kind)
            todo.append(facts.base(kind) or "")
            todo += [self.facts.wire_type(p[1])[0] for p in self.own(kind)]

    def own(self, name):
        assert not (missing := {o.split(".")[1] for o in self.omit if o.split(".")[0] == name} - {p[0] for p in self.facts.own_props(name)}), f"{name} has no {missing}"
        return [p for p in self.facts.own_props(name) if f"{name}.{p[0]}" not in self.omit]

    def path(self, managed, path):
        """(wire type, is array, optional) at the end of a property path."""
        facts, optional, current = self.facts, False, managed
        for i, part in enumerate(path.split(".")):
            found = None
            name = current
            while name and not found:
                table = facts.managed if i == 0 else facts.types
                if name not in table:
                    break
                found = next((p for p in table[name][4] or [] if p[0] == part), None)
                name = facts.kind.get(table[name][2], "").lstrip("&")
            assert found, f"{managed} has no property {path} (at {part})"
            kind, array = facts.wire_type(found[1])
            optional = optional or is_optional(found[3])
            current = kind
        return kind, array, optional

    def subtypes(self, name):
        """The subtypes in the slice, nearest first in the order of their names."""
        return sorted(t for t in self.types if t != name and self.facts.is_a(t, name))


def wire_prop(facts, p):
    kind, array = facts.wire_type(p[1])
    since = facts.since(p[2])
    return f"{p[0]}{'?' if is_optional(p[3]) else ''}:{kind}{'[]' if array else ''}{'@' + since if since else ''}"


def emit_wire(facts, part):
    out = ["/** Base and own properties of each type, in the order of the wire: `Base[@since] name[?]:type[[]][@since] …`. */",
           "export const types: Readonly<Record<string, string>> = {"]
    for name in sorted(part.types):
        since = facts.since(facts.types[name][3])
        base = facts.base(name)
        head = ("" if base in (None, "DynamicData") else base) + (f"@{since}" if since else "")
        out.append(f"  {name}: '{' '.join([head or '-'] + [wire_prop(facts, p) for p in part.own(name)])}',")
    out += ["};", "",
            "/** Known types that are not in the slice, by their base: faults, and subtypes a server may answer with. */",
            "export const subtypes: Readonly<Record<string, string>> = {"]
    roots = ["MethodFault"] + [t for t in part.types if part.subtypes(t)]
    children = {}
    for name in facts.types:
        if name not in part.types and name != "LocalizedMethodFault" and any(facts.is_a(name, root) for root in roots):
            children.setdefault(facts.base(name), []).append(name)
    out += [f"  {base}: '{' '.join(sorted(names))}'," for base, names in sorted(children.items())]
    out += ["};", "",
            "/** `[owner, VMODL name, privilege, safe to repeat, returns, parameters, since]` of each method. */",
            "export const methods = {"]
    for name, read in sorted(part.methods.items()):
        owner, (vmodl, _, version, params, result, privilege, _) = facts.methods[name]
        kind, array = facts.wire_type(result[1])
        listed = " ".join(wire_prop(facts, p) for p in params)
        out.append(f"  {name}: ['{owner}', '{vmodl}', '{privilege or ''}', {str(read).lower()}, '{kind}{'[]' if array else ''}', '{listed}', '{facts.since(version) or ''}'],")
    out += ["} as const;", ""]
    return out


class TypeScript:
    def __init__(self, facts, part):
        self.facts, self.part = facts, part

    def type(self, kind, array=False):
        if kind in TS:
            text = TS[kind]
        elif kind.startswith("&"):
            text = f"Ref<{self.managed(kind[1:])}>"
        elif kind.startswith("="):
            text = kind[1:]
        elif self.facts.is_a(kind, "MethodFault"):
            text = "VimFault"
        elif kind == "DynamicData":
            text = "AnyValue"
        else:
            text = f"Any{kind}" if self.part.subtypes(kind) else kind
        return f"readonly {text}[]" if array else text

    def managed(self, base):
        """The names a reference to this managed type may carry."""
        names = [base] + sorted(n for n in self.facts.managed if n != base and self.facts.is_managed_a(n, base))
        if base == "ManagedEntity":
            return "ManagedEntityType"
        return " | ".join(f"'{n}'" for n in names)

    def props(self, props, indent="  "):
        for p in props:
            kind, array = self.facts.wire_type(p[1])
            since = self.facts.since(p[2])
            yield f"{indent}readonly {p[0]}{'?' if is_optional(p[3]) else ''}: {self.type(kind, array)}{' | undefined' if is_optional(p[3]) else ''};{f' // since {since}' if since else ''}"

    def emit(self):
        facts, part = self.facts, self.part
        out = ["import type { AnyValue, Ref, VimFault } from './values.ts';", ""]
        entity = sorted(n for n in facts.managed if facts.is_managed_a(n, "ManagedEntity") and n != "ManagedEntity")
        out += ["export type ManagedEntityType =", *(f"  | '{n}'" for n in entity)]
        out[-1] += ";"
        out.append("")
        for name in sorted(part.enums):
            out.append(f"export type {name} = {' | '.join(repr(v) for v in facts.enums[name])};")
        out.append("")
        for name in sorted(part.types):
            base = facts.base(name)
            extends = f" extends {base}" if base in part.types else ""
            body = list(self.props(part.own(name)))
            since = facts.since(facts.types[name][3])
            if since:
                out.append(f"/** since {since} */")
            out += [f"export interface {name}{extends} {{", *body, "}"] if body else [f"export interface {name}{extends} {{}}"]
            below = part.subtypes(name)
            if below:
                out.append(f"export type Any{name} =")
                out += [f"  | ({{ readonly $type: '{n}' }} & {n})" for n in [name, *below]]
                out[-1] += ";"
        out += ["", "/** Each method: whose it is, its parameters, what it returns, and the result of its task. */", "export interface Methods {"]
        for name in sorted(part.methods):
            owner, (_, _, _, params, result, _, _) = facts.methods[name]
            kind, array = facts.wire_type(result[1])
            returns = self.type(kind, array)
            # An array that is left out is read as an empty one.
            if not array and is_optional(result[0]):
                returns += " | undefined"
            task = f" readonly result: {self.type(*facts.wire_type(result[2]))};" if name.endswith("_Task") else ""
            out.append(f"  {name}: {{")
            out.append(f"    readonly on: {self.managed(owner)};")
            out.append("    readonly params: {" + ("" if params else "};"))
            if params:
                out += [*self.props(params, "      "), "    };"]
            out.append(f"    readonly returns: {returns};{task}")
            out.append("  };")
        out += ["}", "", "/** The properties in use of each managed type, by path. */", "export interface Properties {"]
        listed = sorted(n for n in facts.managed if any(facts.is_managed_a(n, b) for b in part.properties))
        for name in listed:
            rows = {}
            for base, paths in part.properties.items():
                if facts.is_managed_a(name, base):
                    rows.update(paths)
            out.append(f"  {name}: {{")
            for path, (kind, array, optional) in sorted(rows.items()):
                out.append(f"    readonly '{path}'{'?' if optional else ''}: {self.type(kind, array)}{' | undefined' if optional else ''};")
            out.append("  };")
        out += ["}", ""]
        return out


def header(what):
    return [f"// {what}",
            f"// Generated by scripts-dev/generate-vim25.py from pyVmomi {SLICE['pyvmomi']} (the vSphere API as published by Broadcom).",
            "// Do not edit: change scripts-dev/generate-vim25.slice.json, then `npm run generate:vim25`.", ""]


def compare(facts, file):
    """Every fact of the file's against ours: order, type, optional, array, since."""
    theirs, wrong, seen = json.loads(pathlib.Path(file).read_text()), [], 0
    names = {"any": "anyType", "base64": "vmodl.Binary", "fault": "vmodl.MethodFault", "&": "vmodl.ManagedObject"}

    def plain(p):
        kind, array = facts.wire_type(p[1])
        return f"{p[0]}{'?' if is_optional(p[3]) else ''}: {names.get(kind, kind.lstrip('&='))}{'[]' if array else ''}"

    def newer(table, own):
        return {k: v for k, v in table.items() if tuple(map(int, v.split("."))) > (6, 7)} == \
            {p[0]: s for p in own if (s := facts.since(p[2]))}

    for name, t in theirs["types"].items():
        own = facts.own_props(name) if name in facts.types else None
        seen += 1
        if own is None or [plain(p) for p in own] != t["props"] or not newer(t.get("propsSince", {}), own):
            wrong.append(name)
    for name, values in theirs["enums"].items():
        seen += 1
        if facts.enums.get(name) != values:
            wrong.append(name)
    for owner, m in theirs["managed"].items():
        for name, method in m["methods"].items():
            seen += 1
            mine = facts.methods.get(name)
            if not mine or [plain(p) for p in mine[1][3]] != method["params"] or mine[1][5] != method["privilege"]:
                wrong.append(f"{owner}.{name}")
    print(f"{seen} facts compared, {len(wrong)} differ{': ' + ', '.join(wrong[:20]) if wrong else ''}")
    return 1 if wrong or not seen else 0


def main(args):
    facts = Facts()
    if args[:1] == ["--facts"]:
        return compare(facts, args[1])
    part = Slice(facts)
    files = {
        "vim25.gen.ts": header("The types, methods and properties of the vSphere API in use.") + TypeScript(facts, part).emit(),
        "vim25.wire.gen.ts": header("What goes over the wire: property order, types, optional, array, since.") + emit_wire(facts, part),
    }
    stale = [n for n, lines in files.items() if not (ROOM / n).exists() or (ROOM / n).read_text() != "\n".join(lines)]
    if args[:1] == ["--check"]:
        print(f"stale: {', '.join(stale)}; run npm run generate:vim25" if stale else "up to date")
        return 1 if stale else 0
    for name, lines in files.items():
        (ROOM / name).write_text("\n".join(lines))
    print(f"{len(part.types)} types, {len(part.enums)} enums, {len(part.methods)} methods")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
