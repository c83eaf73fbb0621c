"""A containerd of the tests' own, driven through the CRI as a kubelet drives it.

Private root, state and socket; images from archives; pods on the host's network,
in the cgroups that a kubelet would give them: /kubepods/besteffort/podUID."""

import importlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import uuid

import image
import leftovers

IMAGE = "docker.io/library/podtap-test:1"
# The same with StopSignal in its config: the CRI takes it from there.
IMAGE_STOPPED_BY_USR1 = "docker.io/library/podtap-test:usr1"
PAUSE = "registry.k8s.io/pause:3.6"
NODE, POD, OWN, TARGET = 2, 0, 1, 3  # of NamespaceOption
EXITED = 2

CONFIG = """version = 2
root = "{folder}/root"
state = "{folder}/state"
oom_score = 0
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "{folder}/containerd.sock"
[ttrpc]
  address = "{folder}/containerd.sock.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  disable_tcp_service = true
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{folder}/cni/bin"
    conf_dir = "{folder}/cni/conf"
"""


class CriError(RuntimeError):
    """What the runtime answered instead."""


class Containerd:
    def __init__(self):
        self._owned = leftovers.Folder()
        self.folder = self._owned.path
        self.socket = self.folder / "containerd.sock"
        self._process = None
        self._channel = None
        self._pods = []

    def start(self):
        try:
            self._load_messages()
            self._start_daemon()
            self._import_images()
        except BaseException:
            self.stop()
            raise
        return self

    def _load_messages(self):
        # grpc's own handlers around fork() are for servers that go on in the child.
        os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
        made = self.folder / "python"
        made.mkdir()
        here = pathlib.Path(__file__).resolve().parent
        subprocess.run(["protoc", f"--proto_path={here}", f"--python_out={made}", "cri.proto"],
                       check=True)
        sys.path.insert(0, str(made))
        try:
            self.messages = importlib.import_module("cri_pb2")
        finally:
            sys.path.remove(str(made))

    def _start_daemon(self):
        config = self.folder / "config.toml"
        config.write_text(CONFIG.format(folder=self.folder, pause=PAUSE), encoding="ascii")
        self._log = self.folder / "containerd.log"
        environment = dict(os.environ, PATH=os.environ.get("PATH", "") +
                           ":/usr/local/sbin:/usr/sbin:/sbin")
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                ["containerd", "--config", str(config)], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, env=environment, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.socket.exists() and self._ctr("version", check=False).returncode == 0:
                break
            time.sleep(0.05)
        else:
            raise RuntimeError("containerd doesn't start:\n" + self._log.read_text()[-3000:])
        import grpc
        self._grpc = grpc
        self._channel = grpc.insecure_channel(f"unix:{self.socket}")

    def _ctr(self, *args, check=True):
        return subprocess.run(["ctr", "-a", str(self.socket), "-n", "k8s.io", *args],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=check)

    def _import_images(self):
        root = image.make_root(self.folder / "image")
        pause = image.make_pause_root(self.folder / "pause")
        for number, (name, source, config) in enumerate((
                (PAUSE, pause, {"Entrypoint": ["/pause"]}),
                (IMAGE, root, {"Cmd": ["/bin/server"]}),
                (IMAGE_STOPPED_BY_USR1, root, {"Cmd": ["/bin/server"],
                                               "StopSignal": "SIGUSR1"}))):
            path = self.folder / f"image{number}.tar"
            image.archive(path, name, source, Env=["PATH=/bin"], **config)
            self._ctr("images", "import", "--no-unpack", str(path), check=True)

    def call(self, method, request, response, timeout=60):
        """One call of runtime.v1.RuntimeService; the answer is a message of that name."""
        answer = getattr(self.messages, response)
        stub = self._channel.unary_unary(f"/runtime.v1.RuntimeService/{method}",
                                         request_serializer=lambda m: m.SerializeToString(),
                                         response_deserializer=answer.FromString)
        try:
            return stub(request, timeout=timeout)
        except self._grpc.RpcError as error:
            raise CriError(f"{method}: {error.code().name}: {error.details()}") from None

    def pod(self, name, **options):
        pod = Pod(self, name, **options)
        self._pods.append(pod)
        return pod

    @property
    def pid(self):
        return self._process.pid

    def stop_process(self):
        """Ends the daemon alone: its shims and containers go on."""
        self._channel.close()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def restart_process(self):
        self._start_daemon()
        # Its socket is there before it can do anything.
        deadline = time.monotonic() + 30
        while True:
            try:
                self.call("ListPodSandbox", self.messages.Empty(), "ListPodSandboxResponse")
                return
            except CriError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def note_cgroup(self, path):
        self._owned.cgroup(path)

    def remove_pods(self):
        """Removes every pod, whoever made it."""
        m = self.messages
        for pod in self.call("ListPodSandbox", m.Empty(), "ListPodSandboxResponse").items:
            request = m.PodSandboxRequest(pod_sandbox_id=pod.id)
            self.call("StopPodSandbox", request, "Empty")
            self.call("RemovePodSandbox", request, "Empty")

    @property
    def owned(self):
        """What is put back and removed at the end: leftovers.Folder."""
        return self._owned

    def stop(self):
        for pod in self._pods:
            try:
                pod.remove()
            except CriError:
                pass
        if self._channel is not None:
            self._channel.close()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._owned.clear()


def memory_limit_file(cgroup):
    """The file that limits the cgroup's memory."""
    one = pathlib.Path("/sys/fs/cgroup/memory")
    if one.is_dir():
        return one / cgroup.lstrip("/") / "memory.limit_in_bytes"
    return pathlib.Path("/sys/fs/cgroup") / cgroup.lstrip("/") / "memory.max"


class Pod:
    """A sandbox, as a kubelet would ask for it. `memory` limits the pod in bytes, by
    its cgroup alone; `pids` is OWN, POD (its containers see each other's processes) or
    NODE (they see the host's)."""

    def __init__(self, runtime, name, namespace="default", memory=0, pids=OWN):
        self.runtime = runtime
        self.name = name
        self.namespace = namespace
        self.uid = str(uuid.uuid4())
        self.pids = pids
        self.cgroup = f"/kubepods/besteffort/pod{self.uid}"
        self.containers = []
        runtime.note_cgroup(self.cgroup)
        if memory:
            limit = memory_limit_file(self.cgroup)
            limit.parent.mkdir(parents=True)
            limit.write_text(str(memory))
        self.config = self._config()
        m = runtime.messages
        self.id = runtime.call("RunPodSandbox", m.RunPodSandboxRequest(config=self.config),
                               "RunPodSandboxResponse").pod_sandbox_id

    def _config(self):
        m = self.runtime.messages
        namespaces = m.NamespaceOption(network=NODE, pid=self.pids)
        return m.PodSandboxConfig(
            metadata=m.PodSandboxMetadata(name=self.name, uid=self.uid, namespace=self.namespace),
            log_directory=str(self.runtime.folder / "logs" / self.uid),
            labels={"io.kubernetes.pod.name": self.name,
                    "io.kubernetes.pod.namespace": self.namespace,
                    "io.kubernetes.pod.uid": self.uid},
            annotations={"kubernetes.io/config.source": "api"},
            linux=m.LinuxPodSandboxConfig(
                cgroup_parent=self.cgroup,
                security_context=m.LinuxSandboxSecurityContext(namespace_options=namespaces)))

    def create(self, name, *command, memory=0, pid=None, target="", user=None, mounts=(),
               image_name=IMAGE, workdir="", seccomp="", tty=False, attempt=0, oom_score_adj=0):
        """Makes a container that isn't started. `pid`: TARGET, in place of the pod's
        namespaces, those of the container `target`; `mounts`: pairs of (on the host, in
        the container)."""
        m = self.runtime.messages
        namespaces = m.NamespaceOption(network=NODE, target_id=target,
                                       pid=self.pids if pid is None else pid)
        security = m.LinuxContainerSecurityContext(
            namespace_options=namespaces,
            seccomp=m.SecurityProfile(profile_type=2 if seccomp else 1,
                                      localhost_ref=str(seccomp)))
        if user is not None:
            security.run_as_user.value = user
        config = m.ContainerConfig(
            metadata=m.ContainerMetadata(name=name, attempt=attempt),
            image=m.ImageSpec(image=image_name), command=command, working_dir=workdir,
            mounts=[m.Mount(host_path=str(a), container_path=b) for a, b in mounts],
            labels={"io.kubernetes.container.name": name,
                    "io.kubernetes.pod.name": self.name,
                    "io.kubernetes.pod.namespace": self.namespace,
                    "io.kubernetes.pod.uid": self.uid},
            annotations={"io.kubernetes.container.restartCount": str(attempt),
                         "io.kubernetes.pod.terminationGracePeriod": "30"},
            log_path=f"{name}_{attempt}.log", tty=tty,
            linux=m.LinuxContainerConfig(
                resources=m.LinuxContainerResources(memory_limit_in_bytes=memory,
                                                    oom_score_adj=oom_score_adj),
                security_context=security))
        answer = self.runtime.call("CreateContainer", m.CreateContainerRequest(
            pod_sandbox_id=self.id, config=config, sandbox_config=self.config),
            "CreateContainerResponse")
        container = Container(self, name, answer.container_id)
        self.containers.append(container)
        return container

    def run(self, name, *command, **options):
        container = self.create(name, *command, **options)
        container.start()
        return container

    def stop(self):
        self.runtime.call("StopPodSandbox",
                          self.runtime.messages.PodSandboxRequest(pod_sandbox_id=self.id), "Empty")

    def remove(self):
        if self.id is None:
            return
        pod, self.id = self.id, None
        m = self.runtime.messages
        for container in self.containers:
            container.remove()
        self.runtime.call("StopPodSandbox", m.PodSandboxRequest(pod_sandbox_id=pod), "Empty")
        self.runtime.call("RemovePodSandbox", m.PodSandboxRequest(pod_sandbox_id=pod), "Empty")
        shutil.rmtree(self.runtime.folder / "logs" / self.uid, ignore_errors=True)


class Container:
    def __init__(self, pod, name, identity):
        self.pod = pod
        self.name = name
        self.id = identity
        self.pid = 0
        self._removed = False

    def _call(self, method, request, response="Empty", timeout=60):
        return self.pod.runtime.call(method, request, response, timeout)

    @property
    def _messages(self):
        return self.pod.runtime.messages

    def start(self):
        self._call("StartContainer", self._messages.ContainerRequest(container_id=self.id))
        info = json.loads(self.status(verbose=True).info["info"])
        self.pid = info.get("pid", 0)

    def status(self, verbose=False):
        return self._call("ContainerStatus", self._messages.ContainerStatusRequest(
            container_id=self.id, verbose=verbose), "ContainerStatusResponse")

    def exec(self, *command, timeout=30):
        """Runs it in the container to its end; the answer has exit_code, stdout, stderr."""
        return self._call("ExecSync", self._messages.ExecSyncRequest(
            container_id=self.id, cmd=command, timeout=timeout), "ExecSyncResponse")

    def stop(self, seconds=30):
        self._call("StopContainer", self._messages.StopContainerRequest(
            container_id=self.id, timeout=seconds))

    def remove(self):
        if self._removed:
            return
        self._removed = True
        request = self._messages.ContainerRequest(container_id=self.id)
        for left in reversed(range(5)):
            try:
                self._call("RemoveContainer", request)
                return
            except CriError as error:
                # containerd 1.6 stumbles over a container that ends just now.
                if "still running" not in str(error) or left == 0:
                    raise
                time.sleep(0.05)

    def wait(self, timeout=30):
        """Its status once it has ended."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            status = self.status().status
            if status.state == EXITED:
                return status
            time.sleep(0.01)
        raise AssertionError(f"container {self.name} hasn't ended within {timeout} s")

    def exit_code(self):
        return self.wait().exit_code


_runtime = None


def runtime():
    """The one containerd of this run of the tests."""
    global _runtime
    if _runtime is None:
        _runtime = Containerd().start()
    return _runtime


def stop_runtime():
    global _runtime
    if _runtime is not None:
        _runtime.stop()
        _runtime = None
