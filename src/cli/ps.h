// podtap ps: the containers of the node.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace podtap::cli {

struct PsOptions;

// Declares the command's options on `app`. The result stays alive as long as the app.
std::shared_ptr<PsOptions> DeclarePs(CLI::App& app);

// Returns the exit status.
int Ps(const PsOptions& options);

}  // namespace podtap::cli
