#include "lang/quote.h"
#include "lang/tree_writer.h"

namespace podtap::lang {
namespace {

std::string Typed(const std::string& name, Type type) {
  if (type == Type::kUnknown) return name;
  return name + ':' + std::string(TypeName(type));
}

std::string Private(bool is_private) { return is_private ? "private " : ""; }

std::string PointLine(const ProbePoint& point) {
  std::string line = point.Text();
  if (point.optional) line += '?';
  if (point.sufficient) line += '!';
  return line;
}

}  // namespace

void TreeWriter::Write(const Global& global) {
  std::string line = Private(global.is_private) + "global " + Typed(global.name, global.type);
  if (global.is_array()) {
    line += " [";
    for (size_t i = 0; i < global.index_types.size(); ++i) {
      line += (i == 0 ? "" : ", ") + std::string(TypeName(global.index_types[i]));
    }
    line += ']';
  }
  if (global.max_size) line += " size " + std::to_string(*global.max_size);
  if (global.wrap) line += " wrap";
  Line(line);
  const Level level(*this);
  Write(global.init);
}

void TreeWriter::Locals(const std::vector<Local>& locals) {
  for (const Local& local : locals) {
    if (!local.is_parameter) Line("local " + Typed(local.name, local.type));
  }
}

void TreeWriter::Write(const Function& function) {
  std::string line =
      Private(function.is_private) + "function " + Typed(function.name, function.result) + '(';
  for (size_t i = 0; i < function.parameter_count && i < function.locals.size(); ++i) {
    line += (i == 0 ? "" : ", ") + Typed(function.locals[i].name, function.locals[i].type);
  }
  line += ')';
  if (function.priority) line += " priority " + std::to_string(*function.priority);
  Line(line);
  const Level level(*this);
  Locals(function.locals);
  if (function.has_embedded_body) Line("embedded " + Quote(function.embedded));
  Write(function.body);
}

void TreeWriter::Points(const std::vector<ProbePoint>& points) {
  for (const ProbePoint& point : points) {
    Line("point " + PointLine(point));
    const Level level(*this);
    Write(point.condition);
  }
}

void TreeWriter::Write(const AliasDef& alias) {
  Line(Private(alias.is_private) + (alias.is_epilogue ? "alias +=" : "alias ="));
  const Level level(*this);
  for (const auto& name : alias.names) {
    ProbePoint point;
    point.components = name;
    Line("name " + point.Text());
  }
  Points(alias.points);
  Write(alias.body);
}

void TreeWriter::Write(const ProbeDef& probe) {
  Line(Private(probe.is_private) + "probe");
  const Level level(*this);
  Points(probe.points);
  Write(probe.body);
}

void TreeWriter::Write(const Probe& probe) {
  Line("probe " + PointLine(probe.point) +
       (probe.written.empty() ? "" : " written " + probe.written));
  const Level level(*this);
  Locals(probe.locals);
  for (const ExprPtr& condition : probe.conditions) Write(condition, "condition");
  for (const StmtPtr& body : probe.bodies) Write(body);
}

std::string Dump(const File& file) {
  TreeWriter writer;
  for (const auto& global : file.globals) writer.Write(*global);
  for (const auto& function : file.functions) writer.Write(*function);
  for (const auto& alias : file.aliases) writer.Write(*alias);
  for (const auto& probe : file.probes) writer.Write(*probe);
  return writer.Take();
}

std::string Dump(const Script& script) {
  TreeWriter writer;
  for (const Global* global : script.globals) writer.Write(*global);
  for (const Function* function : script.functions) {
    if (function->reachable) writer.Write(*function);
  }
  for (const Probe& probe : script.probes) writer.Write(probe);
  return writer.Take();
}

}  // namespace podtap::lang
