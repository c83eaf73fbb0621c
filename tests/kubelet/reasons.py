"""Why a kubelet ends a container: each reason brought about for real.

Like tests/e2e/causes: a generator that yields the container, then strikes and
returns the truth, with the kubelet's own words beside it."""

import dataclasses
import json

import cri
import stage
import truth
from causes.cause import USER, await_disposition

CRITICAL = 2_000_001_000  # system-node-critical's priority
IMAGE = cri.IMAGE
MIB = 1 << 20


@dataclasses.dataclass
class Reason:
    name: str     # "kubernetes.liveness/obeyed"
    provoke: object
    patterns: tuple  # regular expressions that the kubelet's log must hold, in order
    events: tuple    # (reason, pattern of the message) that it must report
    memory: bool = False  # needs a kubelet of its own, with a threshold near

    @property
    def text(self):
        return " ".join(self.provoke.__doc__.split())


ALL = []


def reason(name, *patterns, events=(), memory=False):
    def add(function):
        ALL.append(Reason(name, function, patterns, events, memory))
        return function
    return add


class Scene:
    """One kubelet, and what a reason makes with it."""

    def __init__(self, kubelet, name):
        self.kubelet = kubelet
        self.name = name
        self.gate = kubelet.folder / "gates" / name
        self.gate.mkdir(parents=True)
        self.log_mark = kubelet.log_mark()
        self.before = None  # the kubelet's /pods before the blow, and after
        self.after = None
        self._pods = []
        self._files = []

    def open_gate(self, name="go"):
        (self.gate / name).touch()

    def close(self):
        """Takes its pods away, so that the next reason has the node for itself."""
        for path in self._files:
            path.unlink(missing_ok=True)
        for name in self._pods:
            self.kubelet.remove_pod(name)

    def container(self, command, **more):
        """A container's spec with every default filled in."""
        return {"name": "app", "image": IMAGE, "command": list(command),
                "imagePullPolicy": "Never", "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "volumeMounts": [{"name": "gate", "mountPath": "/gate"}], **more}

    def spec(self, *containers, grace=2, volumes=(), **more):
        return {"containers": list(containers), "restartPolicy": "Always", "dnsPolicy": "Default",
                "hostNetwork": True, "terminationGracePeriodSeconds": grace,
                "securityContext": {}, "enableServiceLinks": False,
                "automountServiceAccountToken": False, "schedulerName": "default-scheduler",
                "volumes": [{"name": "gate", "hostPath": {"path": str(self.gate), "type": ""}},
                            *volumes], **more}

    def static(self, command, **more):
        """Runs a pod from a file; kubelet names it NAME-NODE."""
        options = {key: more.pop(key) for key in ("grace",) if key in more}
        path = self.kubelet.add_static(self.name,
                                       self.spec(self.container(command, **more), **options))
        self._files.append(path)
        return PodContainer(self.kubelet, f"{self.name}-node-1"), path

    def hand_out(self, name, spec):
        """Has the API server hand out a pod."""
        self._pods.append(name)
        self.kubelet.add_pod(name, spec)

    def pod(self, command, spec=(), **more):
        """Runs a pod that the API server hands out."""
        spec = dict(spec)
        volumes = spec.pop("volumes", ())
        self.hand_out(self.name,
                      self.spec(self.container(command, **more), volumes=volumes, **spec))
        return PodContainer(self.kubelet, self.name)

    def ready(self, container):
        self.before = self.kubelet.pod(container.pod_short)
        self.log_mark = self.kubelet.log_mark()
        return container


class PodContainer(stage._Container):
    """A container that a kubelet started, seen through the CRI."""
    runtime = "containerd"

    def __init__(self, kubelet, pod):
        self.kubelet = kubelet
        self._runtime = cri.runtime()
        self.name = "app"
        self.pod_short = pod
        self.pod_name = f"{kubelet.namespace}/{pod}"
        self.id = kubelet.await_container(pod)
        self.pod_uid = kubelet.pod(pod)["metadata"]["uid"]
        self.pid = json.loads(self._status(verbose=True).info["info"])["pid"]
        self._read_init()

    @property
    def target(self):
        return f"{self.pod_name}/{self.name}"

    def _status(self, verbose=False):
        messages = self._runtime.messages
        return self._runtime.call("ContainerStatus", messages.ContainerStatusRequest(
            container_id=self.id, verbose=verbose), "ContainerStatusResponse")

    def exit_code(self):
        """None if kubelet has removed the container already."""
        def ended():
            try:
                status = self._status().status
            except cri.CriError:
                return (None,)
            return (status.exit_code,) if status.state == cri.EXITED else ()
        return self._await(ended, "hasn't ended", timeout=60)[0]


OBEYS = ("/bin/victim", "wait-handling", "TERM", "0")
IGNORES = ("/bin/victim", "wait-ignoring", "TERM")
HEALTHY = {"exec": {"command": ["/bin/cat", "/gate/healthy"]}}
PROBE = {"timeoutSeconds": 1, "periodSeconds": 1, "successThreshold": 1, "failureThreshold": 1}


def _truth(container, cause, exit_code, signals, exit_signal=None):
    pid = container.init.pid
    found = truth.Truth(
        cause=cause, runtime="containerd", id=container.id, name=container.name,
        pod=container.pod_name, pod_uid=container.pod_uid, init=container.init,
        exit_code=exit_code, exit_signal=exit_signal,
        culprit=truth.Culprit("kubelet", process=container.kubelet.process),
        signals=[truth.Signal(number, pid, sender_comm="runc", code=USER) for number in signals])
    # Without the kubelet's words only its hand can be known.
    found.partly = ["runtime.kill" if 15 not in signals else
                    "runtime.stop.timeout" if 9 in signals else "runtime.stop"]
    found.observed_exit_code = container.exit_code()
    found.forgotten = found.observed_exit_code is None
    return found


def _obeying_pod(scene, **more):
    container = scene.pod(OBEYS, **more)
    await_disposition(container.pid, 15)
    return container


def _obeyed(container, cause):
    return _truth(container, cause, 0, (15,))


def _evicted(container):
    # Evicted pods get no grace period: SIGKILL at once.
    return _truth(container, "kubernetes.eviction", 137, (9,), exit_signal=9)


@reason("kubernetes.liveness/obeyed", r"Liveness probe for .* failed",
        r"failed liveness probe", r"Killing container .* with a 2 second grace period",
        events=(("Unhealthy", "Liveness probe failed"),
                ("Killing", "failed liveness probe, will be restarted")))
def liveness(scene):
    """A static pod's liveness probe fails; the container obeys SIGTERM."""
    scene.open_gate("healthy")
    container, _ = scene.static(OBEYS, livenessProbe={**HEALTHY, **PROBE})
    await_disposition(container.pid, 15)
    yield scene.ready(container)
    (scene.gate / "healthy").unlink()
    return _obeyed(container, "kubernetes.liveness")


@reason("kubernetes.liveness/ignored", r"Liveness probe for .* failed", r"failed liveness probe",
        r"Killing container .* with a 2 second grace period",
        events=(("Killing", "failed liveness probe, will be restarted"),))
def liveness_ignored(scene):
    """The same with a container that ignores SIGTERM: SIGKILL after two seconds."""
    scene.open_gate("healthy")
    container, _ = scene.static(IGNORES, livenessProbe={**HEALTHY, **PROBE})
    await_disposition(container.pid, 15, "SigIgn")
    yield scene.ready(container)
    (scene.gate / "healthy").unlink()
    return _truth(container, "kubernetes.liveness", 137, (15, 9), exit_signal=9)


@reason("kubernetes.startup/obeyed", r"Startup probe for .* failed", r"failed startup probe",
        r"Killing container .* with a 2 second grace period",
        events=(("Unhealthy", "Startup probe failed"),
                ("Killing", "failed startup probe, will be restarted")))
def startup(scene):
    """A static pod's startup probe fails."""
    probe = {"exec": {"command": ["/bin/sh", "-c",
                                  "while [ ! -e /gate/go ]; do sleep 0.1; done; false"]}}
    container, _ = scene.static(OBEYS, startupProbe={**probe, **PROBE, "timeoutSeconds": 60})
    await_disposition(container.pid, 15)
    yield scene.ready(container)
    scene.open_gate()
    return _obeyed(container, "kubernetes.startup")


@reason("kubernetes.deletion/file", r"SyncLoop \(REMOVE, \"file\"\)",
        r"Killing container .* with a 2 second grace period",
        events=(("Killing", "Stopping container app"),))
def deletion_file(scene):
    """A static pod's file is removed."""
    container, path = scene.static(OBEYS)
    await_disposition(container.pid, 15)
    yield scene.ready(container)
    path.unlink()
    return _obeyed(container, "kubernetes.deletion")


@reason("kubernetes.deletion/api", r"SyncLoop \(DELETE, \"api\"\)",
        r"Killing container .* with a 2 second grace period",
        events=(("Killing", "Stopping container app"),))
def deletion_api(scene):
    """The pod is deleted at the API server (kubectl delete pod)."""
    container = _obeying_pod(scene)
    yield scene.ready(container)
    scene.kubelet.api.delete_pod(scene.kubelet.namespace, scene.name, 2)
    return _obeyed(container, "kubernetes.deletion")


@reason("kubernetes.deletion/ignored", r"SyncLoop \(DELETE, \"api\"\)",
        events=(("Killing", "Stopping container app"),))
def deletion_ignored(scene):
    """The same with a container that ignores SIGTERM."""
    container = scene.pod(IGNORES, spec={"grace": 1})
    await_disposition(container.pid, 15, "SigIgn")
    yield scene.ready(container)
    scene.kubelet.api.delete_pod(scene.kubelet.namespace, scene.name, 1)
    return _truth(container, "kubernetes.deletion", 137, (15, 9), exit_signal=9)


@reason("kubernetes.eviction/volume", r"eviction manager: pod .* is evicted successfully",
        events=(("Evicted", "Usage of EmptyDir volume"),))
def eviction_volume(scene):
    """An emptyDir outgrows its sizeLimit; kubelet looks every ten seconds."""
    script = "victim gate /gate/go; cat /bin/victim /bin/victim >/scratch/file; " \
             "exec victim wait-handling TERM 0"
    container = scene.pod(
        ("/bin/sh", "-c", script),
        spec={"volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1Mi"}}],
              "restartPolicy": "Never"},
        volumeMounts=[{"name": "gate", "mountPath": "/gate"},
                      {"name": "scratch", "mountPath": "/scratch"}])
    yield scene.ready(container)
    scene.open_gate()
    container.await_comm("victim")
    return _evicted(container)


@reason("kubernetes.eviction/memory", r"attempting to reclaim memory",
        r"must evict pod\(s\) to reclaim memory", r"eviction manager: pod .* is evicted",
        events=(("Evicted", "low on resource: memory"),), memory=True)
def eviction_memory(scene):
    """The node's memory runs below the threshold; the pod that took it must go."""
    container = scene.pod(("/bin/victim", "gate", "/gate/go", "memory", "4096"),
                          spec={"restartPolicy": "Never"})
    yield scene.ready(container)
    scene.open_gate()
    return _evicted(container)


@reason("kubernetes.preemption/critical", r"preemption: attempting to evict pods",
        r"preemption: pod .* evicted successfully",
        events=(("Preempting", "Preempted in order to admit critical pod"),))
def preemption(scene):
    """A critical pod needs the processors that another pod has asked for."""
    cpu = scene.kubelet.allocatable_cpu() - 100
    container = _obeying_pod(scene, resources={"requests": {"cpu": f"{cpu}m"}})
    yield scene.ready(container)
    scene.hand_out(f"{scene.name}-critical", scene.spec(
        scene.container(("/bin/victim", "wait-handling", "TERM", "0"),
                        resources={"requests": {"cpu": f"{cpu}m"}}),
        priority=CRITICAL, priorityClassName="system-node-critical"))
    return _obeyed(container, "kubernetes.preemption")


@reason("kubernetes.shutdown/node", r"Shutdown manager detected new shutdown event",
        r"Shutdown manager killing pod", r"Shutdown manager finished killing pod")
def shutdown(scene):
    """logind says that the machine shuts down; kubelet ends its pods first."""
    container = _obeying_pod(scene)
    yield scene.ready(container)
    scene.kubelet.shut_down_node()
    return _obeyed(container, "kubernetes.shutdown")
