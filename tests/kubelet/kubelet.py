"""A real kubelet (tests/kubelet/build) over the tests' containerd, with an API server
and a logind of the tests' own, below a cgroup of its own.

What it changes of the machine is put back: sysctls, iptables chains, cgroups."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import apiserver
import cri
import truth

HERE = pathlib.Path(__file__).resolve().parent
BINARY = HERE.parent.parent / "build/kubelet/kubelet"
NODE = "node-1"
VERBOSITY = 2  # usual on nodes; kubelet tells of a killing from 2 on
GRACE = 6  # seconds for the pods when the node shuts down

CONFIG = """apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
staticPodPath: {folder}/manifests
address: 127.0.0.1
port: {port}
readOnlyPort: {read_only}
healthzPort: 0
authentication: {{anonymous: {{enabled: true}}, webhook: {{enabled: false}}}}
authorization: {{mode: AlwaysAllow}}
cgroupDriver: cgroupfs
cgroupRoot: {cgroup}
contentType: application/json
failSwapOn: false
fileCheckFrequency: 1s
syncFrequency: 1s
nodeStatusUpdateFrequency: 1s
volumeStatsAggPeriod: 1s
evictionHard: {{memory.available: "{least_memory}"}}
evictionPressureTransitionPeriod: 1s
imageGCHighThresholdPercent: 100
makeIPTablesUtilChains: false
volumePluginDir: {folder}/volume-plugins
enableControllerAttachDetach: false
oomScoreAdj: 0
featureGates: {{GracefulNodeShutdown: true}}
shutdownGracePeriod: {grace}s
shutdownGracePeriodCriticalPods: 2s
"""
KUBECONFIG = """apiVersion: v1
kind: Config
clusters: [{{name: tests, cluster: {{server: "{url}"}}}}]
contexts: [{{name: tests, context: {{cluster: tests, user: node}}}}]
current-context: tests
users: [{{name: node, user: {{}}}}]
"""
BUS = """<busconfig><type>custom</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow own="*"/>
<allow receive_sender="*"/></policy></busconfig>
"""
SYSCTLS = ("vm.overcommit_memory", "vm.panic_on_oom", "kernel.panic", "kernel.panic_on_oops",
           "kernel.keys.root_maxkeys", "kernel.keys.root_maxbytes")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kube_chains():
    """iptables' chains that a kubelet makes: (table, chain)."""
    found = set()
    for table in ("filter", "nat", "mangle"):
        rules = subprocess.run(["iptables", "-t", table, "-S"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, check=False, text=True).stdout
        found.update((table, name) for name in re.findall(r"^-N (KUBE-\S+)", rules, re.M))
    return found


def remove_chains(chains):
    for table, chain in chains:
        rules = subprocess.run(["iptables", "-t", table, "-S"], stdout=subprocess.PIPE,
                               check=True, text=True).stdout
        for rule in re.findall(rf"^-A (.* -j {re.escape(chain)}\b.*)$", rules, re.M):
            subprocess.run(["iptables", "-t", table, "-D", *rule.split()], check=False)
    for action in ("-F", "-X"):
        for table, chain in chains:
            subprocess.run(["iptables", "-t", table, action, chain], check=False)


class Kubelet:
    _started = 0

    def __init__(self):
        Kubelet._started += 1
        self._runtime = cri.runtime()
        self.folder = self._runtime.folder / f"kubelet{Kubelet._started}"
        (self.folder / "manifests").mkdir(parents=True)
        self.log_path = self.folder / "kubelet.log"
        self.api = None
        self._processes = []
        self._logind = None
        self._kubelet = None
        self._chains = kube_chains()
        self._runtime.owned.keep_sysctls(SYSCTLS)
        # Tells this run's pods from others in the folders that kubelet has to itself.
        self.namespace = re.sub("[^a-z0-9]", "", self._runtime.folder.name)
        self._runtime.owned.own(f"/var/log/pods/{self.namespace}_*")
        self._runtime.owned.own(f"/var/log/containers/*_{self.namespace}_*")
        # Where it puts its socket for device plugins, whatever --root-dir says.
        if not os.path.exists("/var/lib/kubelet"):
            self._runtime.owned.own("/var/lib/kubelet")
        self._cgroup = f"/podtap-kubelet-{os.getpid()}-{Kubelet._started}"
        for top in self._hierarchies():
            (top / self._cgroup[1:]).mkdir(exist_ok=True)
        self._runtime.note_cgroup(self._cgroup)

    @staticmethod
    def _hierarchies():
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            fields = [line.split() for line in mounts]
        return [pathlib.Path(f[1]) for f in fields if f[2] in ("cgroup", "cgroup2")]

    def start(self, least_memory="100Mi"):
        self.api = apiserver.Server()
        self.api.store.create("namespaces", "", {"metadata": {"name": self.namespace}})
        self._start_logind()
        self._read_only = _free_port()
        config = self.folder / "config.yaml"
        config.write_text(CONFIG.format(folder=self.folder, port=_free_port(), grace=GRACE,
                                        read_only=self._read_only, cgroup=self._cgroup,
                                        least_memory=least_memory))
        kubeconfig = self.folder / "kubeconfig"
        kubeconfig.write_text(KUBECONFIG.format(url=self.api.url))
        endpoint = f"unix://{self._runtime.socket}"
        self._kubelet = self._spawn(
            str(BINARY), "--config", str(config), "--kubeconfig", str(kubeconfig),
            "--container-runtime=remote", f"--container-runtime-endpoint={endpoint}",
            f"--image-service-endpoint={endpoint}", f"--root-dir={self.folder}/root",
            f"--cert-dir={self.folder}/pki", f"--hostname-override={NODE}", f"--v={VERBOSITY}",
            output=self.log_path)
        self._await(lambda: self.api.store.list("nodes")[0] and self.pods() is not None,
                    "the kubelet doesn't register its node", 60)
        self.process = truth.read(self._kubelet.pid)
        return self

    def _spawn(self, *command, output):
        environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self._bus,
                           PATH=os.environ["PATH"] + ":/usr/local/sbin:/usr/sbin:/sbin")
        with open(output, "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env=environment, start_new_session=True)
        self._processes.append(process)
        return process

    def _start_logind(self):
        path = self.folder / "bus"
        path.unlink(missing_ok=True)
        self._bus = f"unix:path={path}"
        (self.folder / "bus.conf").write_text(BUS.format(path=path))
        self._spawn("dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork",
                    "--nopidfile", output=self.folder / "bus.log")
        self._await(path.exists, "dbus-daemon doesn't start", 10)
        self._logind = subprocess.Popen([sys.executable, str(HERE / "logind.py"), self._bus],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._processes.append(self._logind)
        if self._logind.stdout.readline() != "ready\n":
            raise RuntimeError("the stand-in for logind doesn't start")

    def shut_down_node(self):
        """logind says that the machine shuts down."""
        self._logind.stdin.write("shutdown\n")
        self._logind.stdin.flush()

    # What it says

    def _await(self, accept, what, timeout):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            found = accept()
            if found:
                return found
            if self._kubelet is not None and self._kubelet.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"{what} within {timeout} s; kubelet's log ends:\n" +
                             (self.log_path.read_text()[-3000:] if self.log_path.exists() else ""))

    def pods(self):
        """The answer of its read-only port to /pods; None before it listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._read_only}/pods",
                                        timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None

    def pod(self, name):
        """The pod in that answer, or None."""
        return next((pod for pod in (self.pods() or {}).get("items") or []
                     if pod["metadata"]["name"] == name), None)

    def await_log(self, pattern, mark, timeout=60):
        """Until a line since the mark matches; the lines since."""
        def seen():
            text = self.log_since(mark)
            return text if re.search(pattern, text) else ""
        return self._await(seen, f"no line {pattern!r}", timeout)

    def log_mark(self):
        return self.log_path.stat().st_size

    def log_since(self, mark):
        with open(self.log_path, "rb") as log:
            log.seek(mark)
            return log.read().decode(errors="replace")

    # Pods

    def add_static(self, name, spec):
        """A pod from a file; kubelet appends the node's name to its own."""
        manifest = {"apiVersion": "v1", "kind": "Pod",
                    "metadata": {"name": name, "namespace": self.namespace}, "spec": spec}
        path = self.folder / "manifests" / f"{name}.yaml"
        made = path.with_name(f".{name}.new")  # kubelet doesn't read what begins with a dot
        made.write_text(json.dumps(manifest))
        made.rename(path)
        return path

    def add_pod(self, name, spec):
        """A pod that an API server would hand out, with every default filled in."""
        entry = {"metadata": {"name": name, "namespace": self.namespace},
                 "spec": dict(spec, nodeName=NODE), "status": {"phase": "Pending"}}
        return self.api.store.create("pods", self.namespace, entry)

    def remove_pod(self, name):
        """Takes a pod away at once, if it is there yet."""
        try:
            self.api.store.delete("pods", self.namespace, name)
        except apiserver.NotFound:
            pass

    def await_container(self, pod, name="app", attempt=0, timeout=60):
        """Its id, once it runs."""
        def running():
            entry = self.pod(pod)
            for status in (entry or {}).get("status", {}).get("containerStatuses") or []:
                if status["name"] == name and "running" in status["state"] and \
                        status["restartCount"] >= attempt:
                    return status["containerID"].removeprefix("containerd://")
            return ""
        return self._await(running, f"container {name} of pod {pod} doesn't run", timeout)

    def allocatable_cpu(self):
        """Milli-CPUs that pods may ask for."""
        node = self.api.store.get("nodes", "", NODE)
        text = node["status"]["allocatable"]["cpu"]
        return int(text[:-1]) if text.endswith("m") else int(text) * 1000

    # Its end

    def stop(self):
        if self.api is not None:
            for pod in self.api.store.list("pods")[0]:
                self.remove_pod(pod["metadata"]["name"])
        for path in (self.folder / "manifests").iterdir():
            path.unlink()
        for process in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._logind is not None:
            self._logind.stdin.close()
            self._logind.stdout.close()
        self._processes = []
        if self.api is not None:
            self.api.stop()
        self._runtime.remove_pods()
        remove_chains(kube_chains() - self._chains)
