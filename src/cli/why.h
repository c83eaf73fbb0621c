// podtap why: what can still be known of a death that nobody watched.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace podtap::cli {

struct WhyOptions;

// Declares the command's options on `app`. The result stays alive as long as the app.
std::shared_ptr<WhyOptions> DeclareWhy(CLI::App& app);

// Returns the exit status.
int Why(const WhyOptions& options);

}  // namespace podtap::cli
