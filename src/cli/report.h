// `podtap report`: the deaths of a while as a page for a browser.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace podtap::cli {

struct ReportOptions;
std::shared_ptr<ReportOptions> DeclareReport(CLI::App& app);
// Returns the exit status.
int Report(const ReportOptions& options);

}  // namespace podtap::cli
