// The checker as the list of its steps.
#include <deque>
#include <utility>

#include "lang/check/alias_tree.h"
#include "lang/check/embedded.h"
#include "lang/check/expand.h"
#include "lang/check/inferrer.h"
#include "lang/check/overrides.h"
#include "lang/check/reporter.h"
#include "lang/check/resolver.h"
#include "lang/check/script_builder.h"
#include "lang/check/symbols.h"
#include "lang/check/warnings.h"
#include "lang/lang.h"

namespace podtap::lang {
namespace {

// Everything that is reached from the user's probes: their aliases' bodies, the
// functions called, and the probes of tapset files whose globals are used.
void ResolveReachable(const File& user, check::Expander& expander, check::Resolver& resolver,
                      check::ScriptBuilder& builder) {
  Script& script = builder.script();
  std::deque<const File*> files{&user};
  size_t functions_done = 0;
  while (!files.empty() || functions_done < script.functions.size()) {
    if (files.empty()) {
      const auto index = static_cast<uint32_t>(functions_done++);
      resolver.ResolveFunction(*script.functions[index], builder.file_of_function(index));
    } else {
      const File& file = *files.front();
      files.pop_front();
      for (const auto& definition : file.probes) {
        for (check::ExpandedProbe& expanded : expander.Expand(*definition, file)) {
          resolver.ResolveProbe(expanded);
          script.probes.push_back(std::move(expanded.probe));
        }
      }
    }
    for (const File* file : builder.TakeNewTapsetFiles()) files.push_back(file);
  }
}

}  // namespace

Script Check(const source::SourceSet& sources, std::unique_ptr<File> user,
             std::vector<std::unique_ptr<File>> tapset,
             const std::vector<std::string>& primitive_roots, const CheckOptions& options,
             source::Diagnostics& diagnostics) {
  Script script;
  if (!user) return script;
  check::Reporter reporter(sources, diagnostics);
  check::Symbols symbols(*user, tapset);
  symbols.ReportDuplicates(reporter);
  check::RefuseEmbedded(*user, options.guru_mode, reporter);

  check::AliasTree aliases;
  aliases.Add(*user, false, reporter);
  for (const auto& file : tapset)
    if (file) aliases.Add(*file, true, reporter);

  // The user's globals come first and in their order, which is the order in
  // which they are printed at the end.
  check::ScriptBuilder builder(script);
  for (const auto& global : user->globals) builder.AddGlobal({global.get(), user.get(), false});
  check::MarkOverrides(options.global_overrides, *user, symbols, builder, reporter);

  check::Expander expander(aliases, primitive_roots, reporter);
  check::Resolver resolver(symbols, builder, reporter, options.guru_mode);
  ResolveReachable(*user, expander, resolver, builder);
  builder.DropUnreferencedGlobals();

  check::Inferrer(builder, reporter).Run(options.global_overrides);
  check::SetOverrides(options.global_overrides, builder, reporter);
  check::WarnNeverAssigned(*user, symbols, builder, reporter);
  check::WarnUnused(*user, script, reporter);

  script.files.push_back(std::move(user));
  for (auto& file : tapset)
    if (file) script.files.push_back(std::move(file));
  return script;
}

}  // namespace podtap::lang
