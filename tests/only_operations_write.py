"""The rule "only operations write", read from the source: which calls write to the database, and where they may stand.

It reads names, not types, so it is made to miss rather than to cry wolf: `dict.update`, `form.save` and
`cache.delete(key)` pass; whatever is written through a manager, a queryset or a model instance does not.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MANAGERS = {"objects", "_default_manager", "_base_manager"}
MAKES_QUERYSET = {
    *("all", "filter", "exclude", "order_by", "annotate", "alias", "only", "defer", "distinct", "select_related"),
    *("prefetch_related", "select_for_update", "visible_to", "using"),
}
LEAVES_QUERYSET = {
    *("get", "first", "last", "latest", "earliest", "create", "get_or_create", "update_or_create", "in_bulk"),
    *("count", "exists", "aggregate", "iterator", "explain", "update", "delete", "bulk_create", "bulk_update"),
}
ALWAYS_WRITE = {"bulk_create", "bulk_update", "get_or_create", "update_or_create"}
KERNEL_WRITES = {"bulk.insert", "bulk.update", "history.record", "history.record_many", "outbox.put", "outbox.put_many"}
SAVES_ELSEWHERE = ("form", "formset", "serializer", "storage", "workbook")
NOT_A_ROW = {"session", "cache", "response"}
SQL_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "TRUNCATE")


@dataclass(frozen=True)
class Write:
    """One call that writes, outside the operations."""

    path: str
    line: int
    call: str

    def __str__(self) -> str:
        room = PurePosixPath(self.path).parts[0]
        return (
            f"{self.path}:{self.line}: `{self.call}` writes. Only operations write: move it into a function of "
            f"{room}/operations.py (or {room}/operations/) and call that."
        )


def may_write(path: PurePosixPath) -> bool:
    """Operations write, a room's or those of one of its packages; the kernel gives them the tools; migrations and the
    demo's seed have nobody to ask."""
    room, *inside = path.parts
    return room in {"kernel", "demo"} or not {"operations.py", "operations", "migrations"}.isdisjoint(inside)


def forbidden_writes(root: Path, *, rooms: Iterable[str]) -> list[Write]:
    """Every write of these rooms (folders of `root`) that stands where only reads belong."""
    found = []
    for room in rooms:
        for file in sorted((root / room).rglob("*.py")):
            path = PurePosixPath(file.relative_to(root).as_posix())
            if not may_write(path):
                found += writes_in(file.read_text(encoding="utf-8"), path=str(path))
    return found


def writes_in(source: str, *, path: str) -> list[Write]:
    """The calls of one module that write, in the order of their lines."""
    tree = ast.parse(source, filename=path)
    imported = {alias.asname or alias.name.split(".")[0] for node in ast.walk(tree) for alias in _imports(node)}
    found = {
        Write(path, node.lineno, f"{ast.unparse(node.func)}(...)")
        for scope, querysets in _scopes(tree)
        for node in scope
        if isinstance(node, ast.Call) and _writes(node, querysets=querysets, imported=imported)
    }
    return sorted(found, key=lambda write: (write.line, write.call))


def _imports(node: ast.AST) -> list[ast.alias]:
    return node.names if isinstance(node, ast.Import | ast.ImportFrom) else []


def _scopes(tree: ast.Module) -> Iterator[tuple[list[ast.AST], set[str]]]:
    """Each function (and the module) with all its nodes and the names that hold a queryset in it."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for scope in (tree, *functions):
        nodes = list(ast.walk(scope))
        querysets: set[str] = set()
        if not isinstance(scope, ast.Module):
            querysets |= {arg.arg for arg in ast.walk(scope.args) if isinstance(arg, ast.arg) and _is_annotated(arg)}
            for node in nodes:
                if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    if _is_queryset(node.value, querysets):
                        querysets |= {target.id for target in targets if isinstance(target, ast.Name)}
        yield nodes, querysets


def _is_annotated(arg: ast.arg) -> bool:
    annotation = ast.unparse(arg.annotation) if arg.annotation else ""
    return "QuerySet" in annotation or "Manager" in annotation


def _is_queryset(node: ast.expr, querysets: set[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in querysets
        case ast.Attribute(attr=attr):
            return attr in MANAGERS
        case ast.Subscript(value=value, slice=ast.Slice()):
            return _is_queryset(value, querysets)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_queryset(body, querysets) or _is_queryset(orelse, querysets)
        case ast.Call(func=ast.Name(id="lock") | ast.Attribute(attr="lock")):  # kernel.locking.lock
            return True
        case ast.Call(func=ast.Attribute(value=value, attr=attr)):
            if attr in MAKES_QUERYSET:
                return True
            return attr not in LEAVES_QUERYSET and _is_queryset(value, querysets)
    return False


def _writes(call: ast.Call, *, querysets: set[str], imported: set[str]) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver, name = call.func.value, call.func.attr
    if name in {"asave", "acreate", "aupdate", "adelete"} | {f"a{write}" for write in ALWAYS_WRITE}:
        name = name[1:]
    if name in ALWAYS_WRITE or ast.unparse(call.func) in KERNEL_WRITES:
        return True
    if name in {"create", "update", "delete"} and _is_queryset(receiver, querysets):
        return True
    match name:
        case "create":  # incident.events.create(...), but not module.create(...)
            return isinstance(receiver, ast.Attribute) and _root(receiver) not in imported
        case "delete":  # row.delete(), but not cache.delete(key)
            return not call.args and not _is_super(receiver) and _last(receiver) not in NOT_A_ROW
        case "save":  # row.save(...), but not form.save(), image.save(path), super().save()
            elsewhere = _last(receiver).lower().endswith(SAVES_ELSEWHERE)
            return not call.args and not elsewhere and not _is_super(receiver)
        case "execute" | "executemany":
            return bool(call.args) and _text(call.args[0]).lstrip().upper().startswith(SQL_WRITES)
    return False


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _last(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return ""


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _last(node) == "super"


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text
    return ""
