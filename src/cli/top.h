// `podtap top`: containers, restarts and the latest deaths, live.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace podtap::cli {

struct TopOptions;
std::shared_ptr<TopOptions> DeclareTop(CLI::App& app);
// Returns the exit status.
int Top(const TopOptions& options);

}  // namespace podtap::cli
