// podtap doctor: whether podtap can do its work here, and what to do where it can't.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace podtap::cli {

struct DoctorOptions;

// Declares the command's options on `app`. The result stays alive as long as the app.
std::shared_ptr<DoctorOptions> DeclareDoctor(CLI::App& app);

// Returns the exit status.
int Doctor(const DoctorOptions& options);

}  // namespace podtap::cli
