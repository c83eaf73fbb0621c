#include "verdict/rules/links.h"

namespace podtap::verdict {

Link SentLink(const View& view, const Signal& signal) {
  std::string who = "somebody";
  if (FromKernel(*signal.fact)) {
    who = "the kernel";
  } else if (signal->sender.known()) {
    who = view.Name(signal->sender);
  }
  return {.text = who + " sent " + SignalName(signal->signal) + " to " + view.Name(signal->target),
          .process = signal->target,
          .row = signal.row};
}

Link EndLink(const View& view, const End& end) {
  std::string text = view.Name(end.process);
  if (end.signal() != 0) {
    text += " was ended by " + SignalName(end.signal());
  } else if (end.code()) {
    text += " exited with code " + std::to_string(*end.code());
  } else {
    text += " ended";
  }
  return {.text = text, .process = end.process, .row = end.row};
}

}  // namespace podtap::verdict
