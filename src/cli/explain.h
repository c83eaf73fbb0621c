// `podtap explain CODE…`: what a code can and can't mean.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace podtap::cli {

struct ExplainOptions {
  std::vector<std::string> codes;
  std::string output = "text";  // or "json"
};

// Declares the options on `app`. The result stays alive as long as the app.
std::shared_ptr<ExplainOptions> DeclareExplainOptions(CLI::App& app);

// kOk when all codes are known, 1 otherwise: near ones are named then.
int Explain(const ExplainOptions& options);

}  // namespace podtap::cli
