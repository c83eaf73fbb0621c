// Subject: the process whose end is to be explained.
//
// The container ended because its first process ended. That one may only have passed
// on a child's death: `sh -c`, tini and dumb-init exit with 128+n when their child died
// by signal n, and a supervisor gives up when the kernel takes its worker's memory.
#pragma once

#include <string>
#include <vector>

#include "verdict/end.h"
#include "verdict/verdict.h"

namespace podtap::verdict {

struct Subject {
  End end;
  // Those that passed it on, the nearest first, init last; empty: init is the subject.
  std::vector<End> wrappers;
  // Init exited with a code of its own after a child was killed for memory.
  bool gave_up = false;
  Confidence confidence = Confidence::kProven;
  std::vector<std::string> doubts;
};

Subject FindSubject(const View& view, const End& init);

}  // namespace podtap::verdict
