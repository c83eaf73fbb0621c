"""A socket that answers like Docker's, for what a real daemon can't be brought to: hundreds
of containers at once, or a container that it believes to run and that doesn't."""

import http.server
import json
import os
import shutil
import socketserver
import tempfile
import threading


def container(number, pid=0):
    identity = f"{number:064x}"
    running = pid != 0
    return {
        "Id": identity, "Name": f"/fake-{number}", "Created": "2026-01-01T00:00:00Z",
        "Path": "sleep", "Args": ["100"], "RestartCount": 0,
        "State": {"Status": "running" if running else "exited", "Running": running, "Pid": pid,
                  "ExitCode": 0 if running else 1, "OOMKilled": False, "Error": "",
                  "StartedAt": "2026-01-01T00:00:01Z",
                  "FinishedAt": "0001-01-01T00:00:00Z" if running else "2026-01-01T00:00:02Z"},
        "Config": {"Image": "fake:1", "Labels": {}},
        "HostConfig": {"Memory": 0, "RestartPolicy": {"Name": "no"}},
    }


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


class FakeDocker:
    def __init__(self, containers):
        self.folder = tempfile.mkdtemp(prefix="podtap-e2e-")
        self.socket = f"{self.folder}/docker.sock"
        by_id = {one["Id"]: one for one in containers}
        stopping = self._stopping = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "Docker/20.10"

            def do_GET(self):  # noqa: N802: the base's name
                path = self.path.split("?")[0]
                if path == "/events":
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.flush()
                    stopping.wait()
                elif path == "/containers/json":
                    self.answer([{"Id": one} for one in by_id])
                elif path.startswith("/containers/") and path.split("/")[2] in by_id:
                    self.answer(by_id[path.split("/")[2]])
                else:
                    self.answer({"message": "no such thing"}, 404)

            def answer(self, value, status=200):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except BrokenPipeError:  # it has asked enough
                    self.close_connection = True

            def address_string(self):
                return "unix"

            def log_message(self, *_):
                pass

        self._server = _Server(self.socket, Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def endpoint(self):
        return f"unix://{self.socket}"


def free_pid():
    """A number that no process has."""
    with open("/proc/sys/kernel/pid_max", encoding="ascii") as file:
        number = int(file.read()) - 7
    while os.path.exists(f"/proc/{number}"):
        number -= 1
    return number
