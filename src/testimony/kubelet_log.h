// Where a kubelet's log is, and what it says about ends.
//
// It is in the journal of the unit that runs the kubelet, or in a file. In both a line of
// klog may be forged by a container: what its probe prints stood in the log of a kubelet
// before 1.23 as it was. A record counts only with the number of the kubelet's process in
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/host_root.h"
#include "base/result.h"
#include "testimony/journal.h"
#include "testimony/kubelet_words.h"

namespace podtap::testimony {

// Units that run a kubelet: kubeadm's, k3s, RKE2, MicroK8s, k0s.
std::span<const std::string_view> KubeletUnits();
bool IsKubeletUnit(std::string_view unit);

// The first of the well-known files that is there: k3s without systemd, …
std::optional<std::string> FindKubeletFile(const HostRoot& root);

struct KubeletLog {
  std::vector<KubeletWord> words;  // in order of time
  size_t records = 0;              // of klog, about whatever
  int64_t begins_unix_ns = 0;      // the first of them that was read
};

// What was written since `from_unix_ns`; the file's times are taken to be of the time zone
// in which its last line is as old as the file, else of this process'.
Result<KubeletLog> ReadKubeletFile(const HostRoot& root, const std::string& path,
                                   int64_t from_unix_ns, int64_t now_unix_ns);

// Lines of a file, "TIME HOST kubelet[17932]: " before each or not.
KubeletLog ReadKubeletLines(std::string_view text, int64_t now_unix_ns, int64_t utc_offset_s);

// Of the journal's entries those of a kubelet's unit.
KubeletLog ReadKubeletEntries(const std::vector<JournalEntry>& entries);

// The offset that makes `last` as old as the file (`modified`), in quarters of an hour;
// nullopt: there is none, the file was copied.
std::optional<int64_t> UtcOffset(const WallTime& last, int64_t modified_unix_ns);

}  // namespace podtap::testimony
