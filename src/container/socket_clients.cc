#include "container/socket_clients.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <set>
#include <string_view>
#include <thread>

#include "base/fd.h"

namespace podtap::container {
namespace {

using Clock = std::chrono::steady_clock;
constexpr uint32_t kEstablished = 1u << 1;  // 1 << TCP_ESTABLISHED
constexpr size_t kMostNamespaces = 2048;

struct Question {
  nlmsghdr header;
  unix_diag_req request;
};

// A netlink attribute's payload, or nothing.
template <typename Visit>
void ForAttributes(const nlmsghdr& header, Visit visit) {
  const auto* message = reinterpret_cast<const char*>(&header) + NLMSG_LENGTH(0);
  const char* at = message + NLMSG_ALIGN(sizeof(unix_diag_msg));
  const char* end = reinterpret_cast<const char*>(&header) + header.nlmsg_len;
  while (end - at >= static_cast<ptrdiff_t>(sizeof(rtattr))) {
    rtattr attribute;
    std::memcpy(&attribute, at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > end - at) return;
    visit(attribute.rta_type,
          std::string_view(at + RTA_LENGTH(0), attribute.rta_len - RTA_LENGTH(0)));
    at += RTA_ALIGN(attribute.rta_len);
  }
}

// The socket's file. What a runtime calls it may differ from what we do: /var/run is a
// link, and in a container the host's files are below another folder.
struct SocketFile {
  std::string_view path;
  uint32_t inode = 0;   // its low half: unix_diag tells no more
  uint32_t device = 0;  // as the kernel writes it: major << 20 | minor
};

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// The inode of the other end, if this is a connection that was made to that socket.
uint32_t PeerOf(const nlmsghdr& header, const SocketFile& file) {
  std::string_view name;
  uint32_t peer = 0;
  unix_diag_vfs vfs{};
  ForAttributes(header, [&](int type, std::string_view payload) {
    if (type == UNIX_DIAG_NAME) name = payload;
    if (type == UNIX_DIAG_PEER && payload.size() >= sizeof peer) {
      std::memcpy(&peer, payload.data(), sizeof peer);
    }
    if (type == UNIX_DIAG_VFS && payload.size() >= sizeof vfs) {
      std::memcpy(&vfs, payload.data(), sizeof vfs);
    }
  });
  name = name.substr(0, name.find('\0'));
  // Some file systems show programs another device than the kernel's own.
  const bool same_file =
      file.inode != 0 && vfs.udiag_vfs_ino == file.inode &&
      (vfs.udiag_vfs_dev == file.device || BaseName(name) == BaseName(file.path));
  return same_file || name == file.path ? peer : 0;
}

// Asks the network namespace that the calling thread is in.
Result<void> AskNamespace(const SocketFile& file, std::set<uint64_t>& peers) {
  const Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd.valid()) return std::unexpected(SystemError("ask for unix sockets", "", errno));
  Question question{};
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.request.sdiag_family = AF_UNIX;
  question.request.udiag_states = kEstablished;
  question.request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_VFS;
  if (::send(fd.get(), &question, sizeof question, 0) < 0) {
    return std::unexpected(SystemError("ask for unix sockets", "", errno));
  }
  alignas(nlmsghdr) std::array<char, 32768> buffer;
  while (true) {
    const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(SystemError("ask for unix sockets", "", errno));
    auto left = static_cast<size_t>(got);
    const char* at = buffer.data();
    while (left >= sizeof(nlmsghdr)) {
      const auto* header = reinterpret_cast<const nlmsghdr*>(at);
      if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > left) break;
      if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) return {};
      if (const uint32_t peer = PeerOf(*header, file); peer != 0) peers.insert(peer);
      const size_t step = std::min<size_t>(NLMSG_ALIGN(header->nlmsg_len), left);
      at += step;
      left -= step;
    }
    if (got == 0) return {};
  }
}

// The number that was given out last (proc(5): the end of /proc/loadavg).
int32_t LastPid(const std::string& proc) {
  std::array<char, 128> text{};
  const Fd fd(::open((proc + "/loadavg").c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t n = ::read(fd.get(), text.data(), text.size());
  const std::string_view line(text.data(), n > 0 ? static_cast<size_t>(n) : 0);
  const std::string_view word = line.substr(line.rfind(' ') + 1);
  int32_t last = 0;
  std::from_chars(word.data(), word.data() + word.size(), last);
  return last;
}

std::vector<int32_t> AllPids(const std::string& proc) {
  std::vector<int32_t> pids;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(proc.c_str()), &::closedir);
  if (!folder) return pids;
  while (const dirent* entry = ::readdir(folder.get())) {
    int32_t pid = 0;
    const std::string_view name = entry->d_name;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size()) pids.push_back(pid);
  }
  // The client that asked a moment ago is among the youngest: numbers are given out in
  // turn, and from the start again when they end.
  const int32_t last = LastPid(proc);
  std::sort(pids.begin(), pids.end(), [last](int32_t a, int32_t b) {
    return std::pair(a > last, -a) < std::pair(b > last, -b);
  });
  return pids;
}

// A process of each network namespace but our own.
std::vector<Fd> OtherNamespaces(const std::string& proc, const std::vector<int32_t>& pids,
                                Clock::time_point until, bool& incomplete) {
  std::set<ino_t> seen;
  struct stat own {};
  if (::stat("/proc/thread-self/ns/net", &own) == 0) seen.insert(own.st_ino);
  std::vector<Fd> found;
  for (const int32_t pid : pids) {
    if (Clock::now() >= until || found.size() >= kMostNamespaces) {
      incomplete = true;
      break;
    }
    const std::string path = proc + "/" + std::to_string(pid) + "/ns/net";
    struct stat space {};
    if (::stat(path.c_str(), &space) != 0 || !seen.insert(space.st_ino).second) continue;
    if (Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); fd.valid()) {
      found.push_back(std::move(fd));
    }
  }
  return found;
}

// On a thread of its own, which enters one after the other and then ends.
void AskNamespaces(const std::vector<Fd>& spaces, const SocketFile& file, Clock::time_point until,
                   std::set<uint64_t>& peers, bool& incomplete) {
  if (spaces.empty()) return;
  std::thread([&] {
    for (const Fd& space : spaces) {
      if (Clock::now() >= until) {
        incomplete = true;
        return;
      }
      // Without CAP_SYS_ADMIN only our own can be asked.
      if (::setns(space.get(), CLONE_NEWNET) != 0 || !AskNamespace(file, peers)) incomplete = true;
    }
  }).join();
}

// The inodes of the sockets that this process holds.
std::vector<uint64_t> SocketsOf(const std::string& proc, int32_t pid) {
  std::vector<uint64_t> found;
  const std::string folder_path = proc + "/" + std::to_string(pid) + "/fd";
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(folder_path.c_str()), &::closedir);
  if (!folder) return found;
  while (const dirent* entry = ::readdir(folder.get())) {
    std::array<char, 64> link;
    const ssize_t n = ::readlinkat(::dirfd(folder.get()), entry->d_name, link.data(), link.size());
    const std::string_view target(link.data(), n > 0 ? static_cast<size_t>(n) : 0);
    constexpr std::string_view kSocket = "socket:[";
    if (!target.starts_with(kSocket)) continue;
    uint64_t inode = 0;
    std::from_chars(target.data() + kSocket.size(), target.data() + target.size(), inode);
    found.push_back(inode);
  }
  return found;
}

}  // namespace

bool SocketClientsFinder::Resolve(std::set<uint64_t> wanted, Clock::time_point until) {
  std::erase_if(wanted, [&](uint64_t inode) { return holders_.contains(inode); });
  if (wanted.empty()) return true;
  for (const int32_t pid : AllPids(proc_)) {
    if (Clock::now() >= until) return false;
    for (const uint64_t inode : SocketsOf(proc_, pid)) {
      if (wanted.erase(inode) > 0) holders_[inode] = pid;
    }
    if (wanted.empty()) return true;
  }
  return false;
}

Result<SocketClients> SocketClientsFinder::Find(const std::string& socket_path,
                                                std::chrono::milliseconds time) {
  const Clock::time_point until = Clock::now() + time;
  SocketFile file{.path = socket_path};
  if (struct stat status{}; ::stat(socket_path.c_str(), &status) == 0) {
    file.inode = static_cast<uint32_t>(status.st_ino);
    file.device = major(status.st_dev) << 20 | minor(status.st_dev);
  }
  std::set<uint64_t> peers;
  if (const auto asked = AskNamespace(file, peers); !asked) {
    return std::unexpected(asked.error());
  }
  // At once: a client of the host may be gone in a millisecond.
  SocketClients clients;
  clients.incomplete = !Resolve(peers, until);
  AskNamespaces(OtherNamespaces(proc_, AllPids(proc_), until, clients.incomplete), file, until,
                peers, clients.incomplete);
  clients.incomplete |= !Resolve(peers, until);
  std::erase_if(holders_, [&](const auto& holder) { return !peers.contains(holder.first); });
  for (const auto& [inode, pid] : holders_) {
    const bool listed =
        std::find(clients.pids.begin(), clients.pids.end(), pid) != clients.pids.end();
    if (pid != ::getpid() && !listed) clients.pids.push_back(pid);
  }
  return clients;
}

}  // namespace podtap::container
