#include "lang/check/symbols.h"

#include <algorithm>
#include <set>

#include "lang/check/walk.h"

namespace podtap::lang::check {
namespace {

// A call tries at most so many overloads; more are no program but an attack.
constexpr size_t kMaxOverloads = 64;

bool NeverFallsThrough(const Function& function) {
  return !function.body || !ContainsNext(*function.body);
}

// User functions run before the tapset's, a lower priority number before a
// higher one, and otherwise the order of the text decides.
int64_t Rank(const DeclaredFunction& function) {
  return function.what->priority.value_or(function.tapset ? 1 : 0);
}

void ReportFunctionDuplicates(const File& file, Reporter& reporter) {
  std::map<std::pair<std::string_view, size_t>, std::vector<const Function*>> seen;
  for (const auto& function : file.functions) {
    auto& others = seen[{function->name, function->parameter_count}];
    // With a `next` in the earlier one, or priorities, these are overloads.
    if (!others.empty() && others.back()->priority == function->priority &&
        NeverFallsThrough(*others.back())) {
      reporter.Error(function->tok, "duplicate function name '" + function->name + "'");
    }
    others.push_back(function.get());
  }
}

}  // namespace

bool ContainsNext(Stmt& stmt) {
  if (stmt.kind == StmtKind::kNext) return true;
  bool found = false;
  ForEachStmt(stmt, [&found](Stmt& child) { found = found || ContainsNext(child); });
  return found;
}

Symbols::Symbols(const File& user, const std::vector<std::unique_ptr<File>>& tapset) {
  Add(user, false);
  for (const auto& file : tapset)
    if (file) Add(*file, true);
}

void Symbols::Add(const File& file, bool tapset) {
  files_.push_back(&file);
  for (const auto& global : file.globals)
    globals_[global->name].push_back({global.get(), &file, tapset});
  for (const auto& function : file.functions)
    functions_[function->name].push_back({function.get(), &file, tapset});
}

template <typename T>
bool Symbols::Sees(const File& from, const Declared<T>& declared) {
  return declared.file == &from || (declared.tapset && !declared.what->is_private);
}

void Symbols::ReportDuplicates(Reporter& reporter) const {
  for (const File* file : files_) {
    std::set<std::string_view> names;
    for (const auto& global : file->globals)
      if (!names.insert(global->name).second)
        reporter.Error(global->tok, "duplicate global name '" + global->name + "'");
    ReportFunctionDuplicates(*file, reporter);
  }
}

const DeclaredGlobal* Symbols::FindGlobal(std::string_view name, const File& from,
                                          Tier tier) const {
  const auto found = globals_.find(name);
  if (found == globals_.end()) return nullptr;
  for (const DeclaredGlobal& declared : found->second) {
    const bool own = declared.file == &from;
    if (own == (tier == Tier::kOwnFile) && Sees(from, declared)) return &declared;
  }
  return nullptr;
}

const std::vector<const DeclaredFunction*>& Symbols::FindFunctions(std::string_view name,
                                                                   size_t arity, const File& from) {
  const auto [slot, is_new] = candidates_.try_emplace({&from, std::string(name), arity});
  auto& candidates = slot->second;
  const auto found = functions_.find(name);
  if (!is_new || found == functions_.end()) return candidates;

  for (const DeclaredFunction& declared : found->second)
    if (declared.what->parameter_count == arity && Sees(from, declared))
      candidates.push_back(&declared);
  // All stand in one vector, so that their addresses are in the order of the text.
  std::ranges::sort(candidates, [&from](const auto* a, const auto* b) {
    return std::tuple(a->file != &from, Rank(*a), a) < std::tuple(b->file != &from, Rank(*b), b);
  });
  const auto last = std::ranges::find_if(
      candidates, [](const auto* declared) { return NeverFallsThrough(*declared->what); });
  if (last != candidates.end()) candidates.erase(last + 1, candidates.end());
  if (candidates.size() > kMaxOverloads) candidates.resize(kMaxOverloads);
  return candidates;
}

std::vector<size_t> Symbols::Arities(std::string_view name, const File& from) const {
  std::set<size_t> arities;
  const auto found = functions_.find(name);
  if (found == functions_.end()) return {};
  for (const DeclaredFunction& declared : found->second)
    if (Sees(from, declared)) arities.insert(declared.what->parameter_count);
  return {arities.begin(), arities.end()};
}

template <typename T>
Names Symbols::Visible(const Table<T>& table, const File& from) {
  Names names;
  for (const auto& [name, all] : table)
    if (std::ranges::any_of(all, [&](const auto& declared) { return Sees(from, declared); }))
      names.emplace_back(name);
  std::ranges::sort(names);
  return names;
}

const Names& Symbols::FunctionNames(const File& from) {
  const auto [slot, is_new] = function_names_.try_emplace(&from);
  if (is_new) slot->second = Visible(functions_, from);
  return slot->second;
}

const Names& Symbols::GlobalNames(const File& from) {
  const auto [slot, is_new] = global_names_.try_emplace(&from);
  if (is_new) slot->second = Visible(globals_, from);
  return slot->second;
}

}  // namespace podtap::lang::check
