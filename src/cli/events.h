// `podtap events`: what the store has, as a list that can be followed.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace podtap::cli {

struct EventsOptions;
std::shared_ptr<EventsOptions> DeclareEvents(CLI::App& app);
// Returns the exit status.
int Events(const EventsOptions& options);

}  // namespace podtap::cli
