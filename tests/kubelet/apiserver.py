"""As much of a Kubernetes API server as one kubelet needs, in memory, over HTTP.

It keeps objects, lists them, streams changes to watchers, and merges patches. It
validates nothing and fills in nothing: what is created must be complete."""

import copy
import http.server
import itertools
import json
import re
import threading
import time
import urllib.parse
import uuid

KINDS = {"pods": "Pod", "nodes": "Node", "services": "Service", "events": "Event",
         "leases": "Lease", "runtimeclasses": "RuntimeClass", "csidrivers": "CSIDriver",
         "csinodes": "CSINode", "secrets": "Secret", "configmaps": "ConfigMap",
         "namespaces": "Namespace", "serviceaccounts": "ServiceAccount"}
# Lists of objects that a strategic merge joins by this key; others are replaced.
MERGE_KEYS = {"conditions": "type", "addresses": "type"}
PATH = re.compile(r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+/[^/]+))(?P<rest>/.*)?")


def now(offset=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))


def merge(target, patch):
    """A strategic merge patch, as far as kubelet's patches go."""
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        elif key in MERGE_KEYS:
            joined = {entry[MERGE_KEYS[key]]: entry for entry in target.get(key, [])}
            for entry in value:
                merge(joined.setdefault(entry[MERGE_KEYS[key]], {}), entry)
            target[key] = list(joined.values())
        else:
            target[key] = value
    return target


class NotFound(Exception):
    pass


class Store:
    """Objects by resource, namespace and name; every change has a version."""

    def __init__(self):
        self._objects = {}
        self._changes = []  # (version, type, resource, object)
        self._versions = itertools.count(1)
        self._changed = threading.Condition()

    def _note(self, kind, resource, entry):
        version = next(self._versions)
        entry["metadata"]["resourceVersion"] = str(version)
        self._changes.append((version, kind, resource, copy.deepcopy(entry)))
        self._changed.notify_all()

    @staticmethod
    def _key(resource, namespace, name):
        return resource, namespace or "", name

    def create(self, resource, namespace, entry):
        with self._changed:
            meta = entry.setdefault("metadata", {})
            meta.setdefault("uid", str(uuid.uuid4()))
            meta.setdefault("creationTimestamp", now())
            if namespace:
                meta.setdefault("namespace", namespace)
            self._objects[self._key(resource, namespace, meta["name"])] = entry
            self._note("ADDED", resource, entry)
            return copy.deepcopy(entry)

    def get(self, resource, namespace, name):
        with self._changed:
            try:
                return copy.deepcopy(self._objects[self._key(resource, namespace, name)])
            except KeyError:
                raise NotFound(f"{resource} {namespace}/{name}") from None

    def change(self, resource, namespace, name, function):
        """Replaces the object by what the function makes of it."""
        with self._changed:
            key = self._key(resource, namespace, name)
            if key not in self._objects:
                raise NotFound(f"{resource} {namespace}/{name}")
            entry = function(self._objects[key])
            self._objects[key] = entry
            self._note("MODIFIED", resource, entry)
            return copy.deepcopy(entry)

    def delete(self, resource, namespace, name):
        with self._changed:
            entry = self._objects.pop(self._key(resource, namespace, name), None)
            if entry is None:
                raise NotFound(f"{resource} {namespace}/{name}")
            self._note("DELETED", resource, entry)
            return entry

    def list(self, resource, accept=lambda entry: True):
        with self._changed:
            found = [copy.deepcopy(entry) for key, entry in self._objects.items()
                     if key[0] == resource and accept(entry)]
            return found, self._changes[-1][0] if self._changes else 0

    def changes(self, after, timeout):
        """Those above a version; waits for the first."""
        with self._changed:
            self._changed.wait_for(lambda: self._changes and self._changes[-1][0] > after,
                                   timeout)
            return [change for change in self._changes if change[0] > after]


def _field(entry, path):
    for part in path.split("."):
        entry = entry.get(part, "") if isinstance(entry, dict) else ""
    return entry


def selector(text):
    """What a fieldSelector ("spec.nodeName=node-1") lets pass."""
    wanted = [part.split("=", 1) for part in text.replace("==", "=").split(",") if part]
    return lambda entry: all(path.endswith("!") or _field(entry, path) == value
                             for path, value in wanted)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    @property
    def _store(self):
        return self.server.store

    def _parse(self):
        url = urllib.parse.urlsplit(self.path)
        self._query = dict(urllib.parse.parse_qsl(url.query))
        match = PATH.fullmatch(url.path)
        if not match:
            raise NotFound(url.path)
        self._version = match["core"] or match["group"]
        parts = [part for part in (match["rest"] or "").split("/") if part]
        namespace = ""
        if len(parts) >= 3 and parts[0] == "namespaces":
            namespace, parts = parts[1], parts[2:]
        parts += [""] * (3 - len(parts))
        return parts[0], namespace, parts[1], parts[2]

    def _body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")

    def _answer(self, content, status=200):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _typed(self, resource, entry):
        return {"kind": KINDS.get(resource, "Unknown"), "apiVersion": self._version, **entry}

    def _refuse(self, text, status, reason):
        self._answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                      "message": text, "reason": reason, "code": status}, status)

    def _do(self, work):
        try:
            work(*self._parse())
        except NotFound as missing:
            self._refuse(f"{missing} not found", 404, "NotFound")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_GET(self):
        self._do(self._get)

    def do_POST(self):
        self._do(lambda resource, namespace, _name, _sub: self._answer(
            self._typed(resource, self._store.create(resource, namespace, self._body())), 201))

    def do_PUT(self):
        self._do(lambda resource, namespace, name, _sub: self._answer(self._typed(
            resource, self._put(resource, namespace, name, self._body()))))

    def do_PATCH(self):
        self._do(lambda resource, namespace, name, _sub: self._answer(self._typed(
            resource, self._store.change(resource, namespace, name,
                                         self._merging(self._body())))))

    def do_DELETE(self):
        self._do(self._delete)

    @staticmethod
    def _merging(patch):
        return lambda entry: merge(entry, patch)

    def _put(self, resource, namespace, name, body):
        return self._store.change(resource, namespace, name, lambda _: body)

    def _delete(self, resource, namespace, name, _sub):
        self._body()
        self._answer(self._typed(resource, self._store.delete(resource, namespace, name)))

    def _get(self, resource, namespace, name, _sub):
        if name:
            self._answer(self._typed(resource, self._store.get(resource, namespace, name)))
            return
        chosen = selector(self._query.get("fieldSelector", ""))

        def accept(entry):
            return chosen(entry) and namespace in ("", entry["metadata"].get("namespace"))
        if self._query.get("watch") in ("1", "true"):
            self._watch(resource, accept)
            return
        items, version = self._store.list(resource, accept)
        self._answer({"kind": KINDS.get(resource, "Unknown") + "List",
                      "apiVersion": self._version, "metadata": {"resourceVersion": str(version)},
                      "items": [self._typed(resource, item) for item in items]})

    def _watch(self, resource, accept):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        seen = int(self._query.get("resourceVersion") or 0)
        deadline = time.monotonic() + int(self._query.get("timeoutSeconds", 300))
        while time.monotonic() < deadline and not self.server.stopping:
            for seen, kind, changed, entry in self._store.changes(seen, 0.5):
                if changed == resource and accept(entry):
                    line = json.dumps({"type": kind,
                                       "object": self._typed(resource, entry)}).encode() + b"\n"
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                    self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.store = Store()
        self.stopping = False
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    def handle_error(self, request, client_address):
        pass  # a kubelet that is killed leaves half a request

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def events(self, pod):
        """What kubelet reported about the pod: (reason, message)."""
        found, _ = self.store.list("events")
        return [(event["reason"], event["message"]) for event in found
                if event["involvedObject"].get("name") == pod]

    def delete_pod(self, namespace, name, grace):
        """What `kubectl delete pod` does: the pod is marked, kubelet does the rest."""
        def mark(entry):
            entry["metadata"].update(deletionTimestamp=now(grace),
                                     deletionGracePeriodSeconds=grace)
            return entry
        self.store.change("pods", namespace, name, mark)

    def stop(self):
        self.stopping = True
        self.shutdown()
        self.server_close()
