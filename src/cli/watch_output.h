// What `podtap watch` prints.
#pragma once

#include <string>

#include "cli/watch_options.h"
#include "recorder/recorder.h"
#include "verdict/verdict.h"

namespace podtap::cli {

class WatchOutput {
 public:
  // `several`: each line says of which container it is.
  WatchOutput(const WatchOptions& options, bool several);

  void Started(const recorder::Life& life, store::BootNs at);
  // Facts that a person who waits for a death wants to see; all of them as JSON.
  void Fact(const recorder::Life& life, const store::Row& row, const recorder::Lineage& lineage);
  void Verdict(const store::Death& death, const verdict::Verdict& verdict);
  // False once nobody reads any more, or the disk is full.
  // The first failure; nothing is written after it.
  const Result<void>& written() const { return written_; }

 private:
  void Line(const std::string& text);
  void Classic(const store::SignalSent& sent, const recorder::Lineage& lineage);
  std::string Prefix(const recorder::Life& life) const;

  const WatchOptions& options_;
  bool several_;
  bool colour_;
  int width_;
  Result<void> written_;
};

}  // namespace podtap::cli
