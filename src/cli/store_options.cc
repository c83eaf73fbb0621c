#include "cli/store_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>

namespace podtap::cli {
namespace {

std::string FolderOf(const StoreOptions& options) {
  return options.folder.empty() ? store::kDefaultFolder : options.folder;
}

}  // namespace

void DeclareStoreOption(CLI::App& app, StoreOptions& options) {
  app.add_option("--store", options.folder, "What podtap record keeps (/var/lib/podtap)")
      ->type_name("DIR");
}

Result<store::Archive> OpenArchive(const StoreOptions& options) {
  const std::string file = FolderOf(options) + "/" + store::kFileName;
  if (::access(file.c_str(), R_OK) == 0) return store::Archive::Open(FolderOf(options));
  if (errno == EACCES) {
    return std::unexpected(Error{.kind = ErrorKind::kPrivilege,
                                 .tried = "read the store",
                                 .on = file,
                                 .reason = "permission denied",
                                 .remedy = "run it as root, or as a member of its group"});
  }
  return std::unexpected(Error{.kind = ErrorKind::kInput,
                               .tried = "read the store",
                               .on = file,
                               .reason = "nothing was recorded there",
                               .remedy = "start podtap record, or name its folder with --store"});
}

Result<std::optional<store::Archive>> OpenArchiveIfThere(const StoreOptions& options) {
  const std::string file = FolderOf(options) + "/" + store::kFileName;
  if (options.folder.empty() && ::access(file.c_str(), F_OK) != 0 && errno == ENOENT) {
    return std::nullopt;
  }
  auto archive = OpenArchive(options);
  if (!archive) return std::unexpected(std::move(archive.error()));
  return std::optional<store::Archive>(std::move(*archive));
}

}  // namespace podtap::cli
