// Every field of the evidence with its name, once for reading and writing.
//
// Fields(archive, value) calls archive(name, member) for each member; the archives
// are in evidence_json.cc. A new field is a new line here.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "store/evidence.h"

namespace podtap::store {

// The words of an enum, by its values from 0.
template <typename Enum>
struct EnumWords;
template <>
struct EnumWords<container::RuntimeKind> {
  static constexpr std::array<std::string_view, 5> kWords = {"unknown", "docker", "podman",
                                                             "containerd", "cri-o"};
};
template <>
struct EnumWords<container::State> {
  static constexpr std::array<std::string_view, 6> kWords = {"unknown", "created",    "running",
                                                             "paused",  "restarting", "exited"};
};
template <>
struct EnumWords<Seen> {
  static constexpr std::array<std::string_view, 3> kWords = {"mentioned", "proc", "born"};
};
template <>
struct EnumWords<SignalSent::Info> {
  static constexpr std::array<std::string_view, 3> kWords = {"none", "kernel", "real"};
};
template <>
struct EnumWords<SignalSent::Result> {
  static constexpr std::array<std::string_view, 5> kWords = {
      "delivered", "ignored", "already_pending", "overflow_fail", "lose_info"};
};
template <>
struct EnumWords<SignalSent::Action> {
  static constexpr std::array<std::string_view, 3> kWords = {"default", "ignore", "handle"};
};
template <>
struct EnumWords<CgroupChanged::What> {
  static constexpr std::array<std::string_view, 4> kWords = {"made", "emptied", "removed",
                                                             "kill_written"};
};
template <>
struct EnumWords<Gap::Kind> {
  static constexpr std::array<std::string_view, 2> kWords = {"lost", "not_recording"};
};

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, ProcessKey> {
  a("pid", v.pid);
  a("start", v.start);
}

void Fields(auto& a,
            auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, container::Pod> {
  a("name", v.name);
  a("namespace", v.ns);
  a("uid", v.uid);
  a("sandbox", v.sandbox);
}

void Fields(auto& a, auto& v) requires
    std::same_as<std::remove_cvref_t<decltype(v)>, container::RuntimeExit> {
  a("exit_code", v.exit_code);
  a("reason", v.reason);
  a("message", v.message);
  a("oom_killed", v.oom_killed);
  a("started_unix_ns", v.started_unix_ns);
  a("finished_unix_ns", v.finished_unix_ns);
}

void Fields(auto& a,
            auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, container::Container> {
  a("runtime", v.runtime);
  a("id", v.id);
  a("name", v.name);
  a("image", v.image);
  a("pod", v.pod);
  a("is_sandbox", v.is_sandbox);
  a("state", v.state);
  a("init_pid", v.init_pid);
  a("created_unix_ns", v.created_unix_ns);
  a("started_unix_ns", v.started_unix_ns);
  a("restarts", v.restarts);
  a("last_exit", v.last_exit);
  a("last_end_unix_ns", v.last_end_unix_ns);
  a("cgroup_path", v.cgroup_path);
  a("cgroup", v.cgroup);
  a("memory_limit", v.memory_limit);
  a("stop_signal", v.stop_signal);
  a("stop_timeout_s", v.stop_timeout_s);
  a("restart_policy", v.restart_policy);
  a("command", v.command);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, Process> {
  a("key", v.key);
  a("parent", v.parent);
  a("seen", v.seen);
  a("comm", v.comm);
  a("exe", v.exe);
  a("exe_deleted", v.exe_deleted);
  a("exe_memfd", v.exe_memfd);
  a("exe_inode", v.exe_inode);
  a("args", v.args);
  a("args_cut", v.args_cut);
  a("cwd", v.cwd);
  a("uid", v.uid);
  a("login_uid", v.login_uid);
  a("session", v.session);
  a("ns_pid", v.ns_pid);
  a("kernel_thread", v.kernel_thread);
  a("cgroup", v.cgroup);
  a("cgroup_path", v.cgroup_path);
  a("container", v.container);
  a("unit", v.unit);
  a("user", v.user);
  a("login_user", v.login_user);
  a("tty", v.tty);
  a("ssh_from", v.ssh_from);
  a("sha256", v.sha256);
  a("exited", v.exited);
  a("exit_status", v.exit_status);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, Mapping> {
  a("path", v.path);
  a("start", v.start);
  a("end", v.end);
  a("file_offset", v.file_offset);
  a("symbol", v.symbol);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, SignalSent> {
  a("signal", v.signal);
  a("info", v.info);
  a("code", v.code);
  a("address", v.address);
  a("fault_call", v.fault_call);
  a("fault_arch", v.fault_arch);
  a("to_group", v.to_group);
  a("result", v.result);
  a("sender", v.sender);
  a("sender_tid", v.sender_tid);
  a("sender_comm", v.sender_comm);
  a("sender_cgroup", v.sender_cgroup);
  a("sender_exiting", v.sender_exiting);
  a("sender_kthread", v.sender_kthread);
  a("sender_uid", v.sender_uid);
  a("call", v.call);
  a("call_arg", v.call_arg);
  a("target", v.target);
  a("target_tid", v.target_tid);
  a("target_comm", v.target_comm);
  a("target_cgroup", v.target_cgroup);
  a("target_ns_pid", v.target_ns_pid);
  a("action", v.action);
  a("blocked", v.blocked);
  a("unkillable", v.unkillable);
  a("pdeath_signal", v.pdeath_signal);
  a("cpu_limit_s", v.cpu_limit_s);
  a("instruction", v.instruction);
  a("mapping", v.mapping);
}

void Fields(auto& a,
            auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, ProcessExited> {
  a("process", v.process);
  a("tid", v.tid);
  a("comm", v.comm);
  a("cgroup", v.cgroup);
  a("ns_pid", v.ns_pid);
  a("status", v.status);
  a("by_group", v.by_group);
  a("thread_only", v.thread_only);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, ProcessExec> {
  a("process", v.process);
  a("file", v.file);
}

void Fields(auto& a,
            auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, OomKill::Level> {
  a("cgroup", v.cgroup);
  a("path", v.path);
  a("usage", v.usage);
  a("limit", v.limit);
  a("ooms", v.ooms);
  a("ooms_before", v.ooms_before);
  a("locked", v.locked);
  a("group", v.group);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, OomKill> {
  a("victim", v.victim);
  a("comm", v.comm);
  a("cgroup", v.cgroup);
  a("allocator", v.allocator);
  a("anon_kb", v.anon_kb);
  a("file_kb", v.file_kb);
  a("shmem_kb", v.shmem_kb);
  a("score_adj", v.score_adj);
  a("levels", v.levels);
}

void Fields(auto& a,
            auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, CgroupChanged> {
  a("what", v.what);
  a("cgroup", v.cgroup);
  a("path", v.path);
  a("by", v.by);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, RuntimeSaid> {
  a("runtime", v.runtime);
  a("action", v.action);
  a("container", v.container);
  a("signal", v.signal);
  a("exit_code", v.exit_code);
  a("message", v.message);
}

void Fields(auto& a,
            auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, RuntimeClients> {
  a("runtime", v.runtime);
  a("socket", v.socket);
  a("clients", v.clients);
  a("incomplete", v.incomplete);
  a("named", v.named);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, KubeletSaid> {
  a("reason", v.reason);
  a("message", v.message);
  a("source", v.source);
  a("after", v.after);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, LogLine> {
  a("source", v.source);
  a("text", v.text);
}

void Fields(auto& a,
            auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, MemoryCounters> {
  a("cgroup_path", v.cgroup_path);
  a("usage", v.usage);
  a("limit", v.limit);
  a("peak", v.peak);
  a("ooms", v.ooms);
  a("ooms_local", v.ooms_local);
  a("oom_kills", v.oom_kills);
  a("before", v.before);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, Gap> {
  a("kind", v.kind);
  a("from", v.from);
  a("to", v.to);
  a("count", v.count);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, Asked> {
  a("source", v.source);
  a("from", v.from);
  a("to", v.to);
  a("problem", v.problem);
}

void Fields(auto& a, auto& v) requires std::same_as<std::remove_cvref_t<decltype(v)>, Death> {
  a("container", v.container);
  a("init", v.init);
  a("real_minus_boot_ns", v.real_minus_boot_ns);
  a("at", v.at);
  a("exit_status", v.exit_status);
  a("runtime_exit", v.runtime_exit);
  a("watched", v.watched);
  a("rows", v.rows);
  a("processes", v.processes);
  a("containers", v.containers);
  a("gaps", v.gaps);
  a("asked", v.asked);
}

// "kind" of a row, by the alternatives of Fact.
inline constexpr std::array<std::string_view, std::variant_size_v<Fact>> kRowKinds = {
    "signal", "exit", "exec", "oom", "cgroup", "runtime", "clients", "kubelet", "log", "memory"};

}  // namespace podtap::store
