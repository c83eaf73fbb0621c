// The cgroups of the running machine, through its mounts.
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "base/fd.h"
#include "base/file.h"
#include "cgroup/membership.h"
#include "cgroup/tree.h"
#include "cgroup/walk.h"

namespace podtap::cgroup {
namespace {

// FILEID_KERNFS of include/linux/exportfs.h (5.5): a handle of kernfs is the 64-bit id,
// and on 64-bit machines that is the inode number.
constexpr int kKernfsHandle = 0xfe;

// A hierarchy as this process sees it.
struct View {
  Mount mount;
  // The path of this process' cgroup namespace in the hierarchy, "/" on the host; nullopt
  // if the namespace is a private one and its place couldn't be found out.
  std::optional<std::string> space;
  std::string top;  // the path of what the mount shows
};

// A process that is in the host's own cgroup namespace: the first, or kthreadd where that
// one may not be looked at.
Fd OpenHostsNamespace(const std::string& proc) {
  Fd space(::open((proc + "/1/ns/cgroup").c_str(), O_RDONLY | O_CLOEXEC));
  if (space.valid()) return space;
  const auto name = ReadFile(proc + "/2/comm", "read");
  if (!name || *name != "kthreadd\n") return space;
  return Fd(::open((proc + "/2/ns/cgroup").c_str(), O_RDONLY | O_CLOEXEC));
}

// The lines of /proc/self/cgroup as the host's first process would read them, from a
// thread that joins its cgroup namespace for a moment.
std::vector<MembershipLine> SelfAsHostSees(const std::string& proc) {
  std::vector<MembershipLine> lines;
  std::thread reader([&] {
    const Fd space = OpenHostsNamespace(proc);
    if (!space.valid() || ::setns(space.get(), CLONE_NEWCGROUP) != 0) return;
    if (const auto text = ReadFile("/proc/thread-self/cgroup", "read")) {
      lines = ParseMembership(*text);
    }
  });
  reader.join();
  return lines;
}

bool LeavesNamespace(std::string_view path) { return path == "/.." || path.starts_with("/../"); }

class SystemTree : public Tree {
 public:
  SystemTree(NodeFiles files, Hierarchies hierarchies)
      : files_(std::move(files)), hierarchies_(std::move(hierarchies)) {
    const auto own = ReadFile(files_.self_cgroup, "read");
    const auto lines = ParseMembership(own ? *own : "");
    ids_ = MakeView(hierarchies_.ids, lines);
    memory_ = MakeView(hierarchies_.memory, lines);
  }

  const Hierarchies& hierarchies() const override { return hierarchies_; }

  Result<CgroupId> IdIn(Hierarchy hierarchy, const std::string& path) const override {
    const auto folder = FindFolder(hierarchy, path, "find cgroup");
    if (!folder) return std::unexpected(folder.error());
    struct stat found {};
    if (::stat(folder->c_str(), &found) != 0) {
      return std::unexpected(SystemError("find cgroup", path, errno));
    }
    if (!S_ISDIR(found.st_mode)) return std::unexpected(SystemError("find cgroup", path, ENOTDIR));
    return CgroupId{found.st_ino};
  }

  Result<std::string> PathIn(Hierarchy hierarchy, CgroupId id) const override {
    const std::string name = "with id " + std::to_string(id.value);
    const auto& view = ViewOf(hierarchy);
    if (!view) return std::unexpected(NoHierarchy("find the cgroup", name));
    auto path = ByHandle(*view, id);
    if (path) return path;
    if (path.error().error_number == ESTALE) {
      return std::unexpected(SystemError("find the cgroup", name, ENOENT));
    }
    // No capability for handles, or no kernfs: look at all of them.
    const auto census = WalkTree(*this, hierarchy, view->top);
    if (!census) return std::unexpected(census.error());
    if (const auto top = IdIn(hierarchy, view->top); top && *top == id) return view->top;
    for (const Cgroup& cgroup : census->cgroups) {
      if (cgroup.id == id) return cgroup.path;
    }
    return std::unexpected(SystemError("find the cgroup", name, ENOENT));
  }

  Result<std::vector<Child>> Children(Hierarchy hierarchy, const std::string& path) const override {
    const auto folder = FindFolder(hierarchy, path, "look into cgroup");
    if (!folder) return std::unexpected(folder.error());
    // A directory with two links has no other below it. Most cgroups are such, and to read
    // the names of their files takes longer.
    struct stat itself {};
    if (::stat(folder->c_str(), &itself) != 0) {
      return std::unexpected(SystemError("look into cgroup", path, errno));
    }
    if (S_ISDIR(itself.st_mode) && itself.st_nlink == 2) return std::vector<Child>();
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder->c_str()), ::closedir);
    if (!directory) return std::unexpected(SystemError("look into cgroup", path, errno));
    std::vector<Child> children;
    while (const dirent* entry = ::readdir(directory.get())) {
      const std::string_view name = entry->d_name;
      if (entry->d_type != DT_DIR || name == "." || name == "..") continue;
      children.push_back({std::string(name), CgroupId{entry->d_ino}});
    }
    return children;
  }

  Result<std::string> Read(Hierarchy hierarchy, const std::string& path,
                           const char* file) const override {
    const auto folder = FindFolder(hierarchy, path, "read");
    if (!folder) return std::unexpected(folder.error());
    return ReadFile(*folder + "/" + file, "read");
  }

  Result<Membership> OfProcess(int32_t pid) const override {
    const auto text = ReadProcess(pid, "cgroup");
    if (!text) return std::unexpected(text.error());
    const auto lines = ParseMembership(*text);
    Membership found;
    found.ids = PlaceIn(ids_, lines, found.removed);
    found.memory = PlaceIn(memory_, lines, found.removed);
    return found;
  }

  Result<std::string> ReadProcess(int32_t pid, const char* file) const override {
    return ReadFile(files_.proc + "/" + std::to_string(pid) + "/" + file, "read");
  }

  std::string Folder(Hierarchy hierarchy, const std::string& path) const override {
    const auto folder = FindFolder(hierarchy, path, "");
    return folder ? *folder : "";
  }

 private:
  const std::optional<View>& ViewOf(Hierarchy hierarchy) const {
    return hierarchy == Hierarchy::kIds ? ids_ : memory_;
  }

  std::optional<View> MakeView(const std::optional<Mount>& mount,
                               const std::vector<MembershipLine>& own) const {
    if (!mount) return std::nullopt;
    View view{*mount, "/", mount->root};
    const MembershipLine* mine = LineOf(own, *mount);
    if (!LeavesNamespace(mount->root) && !IsPrivate()) return view;
    view.space.reset();
    const auto host = SelfAsHostSees(files_.proc);
    const MembershipLine* real = LineOf(host, *mount);
    // Where we are, less where we are within our namespace, is where that begins.
    if (mine != nullptr && real != nullptr) {
      const std::string_view within = mine->path == "/" ? "" : std::string_view(mine->path);
      if (real->path.ends_with(within)) {
        view.space = JoinPath("/", real->path.substr(0, real->path.size() - within.size()));
      }
    }
    view.top = view.space ? JoinPath(*view.space, mount->root) : "/";
    return view;
  }

  // Whether this process has a cgroup namespace of its own.
  bool IsPrivate() const {
    char mine[64] = {}, first[64] = {};
    if (::readlink("/proc/self/ns/cgroup", mine, sizeof mine - 1) <= 0) return false;
    // Without the right to look at process 1, the number of the first namespace
    // (PROC_CGROUP_INIT_INO, linux/proc_ns.h) tells.
    if (::readlink((files_.proc + "/1/ns/cgroup").c_str(), first, sizeof first - 1) <= 0) {
      return std::strcmp(mine, "cgroup:[4026531835]") != 0;
    }
    return std::strcmp(mine, first) != 0;
  }

  static std::string PlaceIn(const std::optional<View>& view,
                             const std::vector<MembershipLine>& lines, bool& removed) {
    if (!view) return "";
    const MembershipLine* line = LineOf(lines, view->mount);
    if (line == nullptr) return "";
    removed = removed || line->removed;
    if (view->space) return JoinPath(*view->space, line->path);
    // Within our own namespace, with a mount of our own, paths fit together all the same.
    const bool own = !LeavesNamespace(view->mount.root) && !LeavesNamespace(line->path);
    return own ? line->path : "";
  }

  static Error NoHierarchy(const char* tried, const std::string& on) {
    return Error{.kind = ErrorKind::kUnsupported,
                 .tried = tried,
                 .on = on,
                 .reason = "no cgroup hierarchy of that kind is mounted here"};
  }

  Result<std::string> FindFolder(Hierarchy hierarchy, const std::string& path,
                                 const char* tried) const {
    const auto& view = ViewOf(hierarchy);
    if (!view) return std::unexpected(NoHierarchy(tried, path));
    // No ".." reaches the file system.
    const auto rest = BelowPath(JoinPath("/", path), view->top);
    if (!rest) {
      return std::unexpected(
          Error{.kind = ErrorKind::kInput,
                .tried = tried,
                .on = path,
                .reason = "only " + view->top + " is mounted at " + view->mount.point,
                .error_number = ENOENT,
                .remedy = "mount the host's cgroups and say --host-root"});
    }
    return *rest == "/" ? view->mount.point : view->mount.point + *rest;
  }

  static Result<std::string> ByHandle(const View& view, CgroupId id) {
    alignas(file_handle) char wanted[sizeof(file_handle) + sizeof id.value] = {};
    auto* handle = reinterpret_cast<file_handle*>(wanted);
    handle->handle_bytes = sizeof id.value;
    handle->handle_type = kKernfsHandle;
    std::memcpy(wanted + sizeof(file_handle), &id.value, sizeof id.value);
    const std::string& point = view.mount.point;
    struct statfs system {};
    if (::statfs(point.c_str(), &system) != 0 ||
        (system.f_type != CGROUP2_SUPER_MAGIC && system.f_type != CGROUP_SUPER_MAGIC)) {
      return std::unexpected(SystemError("find the cgroup in", point, EOPNOTSUPP));
    }
    const Fd mount(::open(point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const Fd fd(::open_by_handle_at(mount.get(), handle, O_PATH | O_CLOEXEC));
    if (!fd.valid()) return std::unexpected(SystemError("find the cgroup in", point, errno));
    char link[PATH_MAX];
    const std::string self = "/proc/self/fd/" + std::to_string(fd.get());
    const ssize_t length = ::readlink(self.c_str(), link, sizeof link);
    if (length <= 0) return std::unexpected(SystemError("read", self, errno));
    const auto rest = BelowPath(std::string_view(link, static_cast<size_t>(length)), point);
    if (!rest) return std::unexpected(SystemError("find the cgroup in", point, EXDEV));
    return JoinPath(view.top, *rest);
  }

  NodeFiles files_;
  Hierarchies hierarchies_;
  std::optional<View> ids_;
  std::optional<View> memory_;
};

}  // namespace

Result<std::unique_ptr<Tree>> OpenTree(const HostRoot& root, NodeFiles files) {
  const auto mountinfo = ReadFile(files.mountinfo, "read the mounts from");
  if (!mountinfo) return std::unexpected(mountinfo.error());
  const std::vector<Mount> mounts = ParseMounts(*mountinfo);
  Hierarchies hierarchies = ChooseHierarchies(mounts, root.folder(), false);
  if (hierarchies.version == Version::kHybrid) {
    const auto controllers = ReadFile(hierarchies.ids->point + "/cgroup.controllers", "read");
    if (controllers && (" " + *controllers).find(" memory") != std::string::npos) {
      hierarchies = ChooseHierarchies(mounts, root.folder(), true);
    }
  }
  return std::make_unique<SystemTree>(std::move(files), std::move(hierarchies));
}

Result<std::unique_ptr<Tree>> OpenTree(const HostRoot& root) {
  NodeFiles files;
  // A container without the host's pid namespace, but with its /proc.
  if (!root.folder().empty() && ::access(root.Path("/proc/1").c_str(), F_OK) == 0) {
    files.proc = root.Path("/proc");
  }
  return OpenTree(root, std::move(files));
}

}  // namespace podtap::cgroup
