// What checks the names that declarations use of each other; of references_check.cpp (catalog) and
// references_workload.cpp (workloads) alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "suite/base/names.hpp"
#include "suite/plan/declare/declarations.hpp"
#include "suite/plan/plan.hpp"

namespace suite::plan {

/// All faults into the issues; each names the nearest valid name.
class ReferenceChecker {
public:
    ReferenceChecker(const Catalog& catalog, Issues& issues)
        : catalog_(catalog),
          faults_(issues.faults),
          lines_(issues.lines),
          data_sets_(names_of(catalog.data_sets)),
          networks_(names_of(catalog.networks)),
          recipes_(names_of(catalog.recipes)) {}

    void check(const DataSetSpec& spec);
    void check(const LayoutSpec& spec);
    void check(const ProtocolSpec& spec);
    void check(const ProfileSpec& spec);
    void check(const WorkloadSpec& spec);

private:
    bool known(const Origin& origin, const std::string& what, const std::string& name,
               const std::vector<std::string>& valid);
    void check_recipe(const Origin& origin, const std::string& name, RunKind kind);
    void check_outputs(const DataSetSpec& spec, const std::string& recipe);
    void check_target(const WorkloadSpec& workload, const std::string& target);
    void check_scaling(const WorkloadSpec& spec);
    void check_margins(const WorkloadSpec& spec, const std::vector<CellId>& cells);
    void check_source(const WorkloadSpec& workload, const std::string& data_set);
    void check_claim(const WorkloadSpec& workload, const ClaimSpec& claim, const std::vector<CellId>& cells);
    void check_versus(const WorkloadSpec& workload, const ClaimSpec& claim, const ClaimTermSpec& term);
    void check_figure(const WorkloadSpec& workload, const FigureSpec& figure,
                      const std::vector<CellId>& cells);
    void check_without(const WorkloadSpec& workload, const std::vector<CellId>& cells);
    std::size_t check_cells(const ClaimSpec& claim, const ClaimTermSpec& term,
                            const std::vector<CellId>& cells);
    template<typename Spec, typename Same>
    void check_mapping(const ProfileSpec& profile, const std::string& what,
                       const std::map<std::string, std::string>& mapping,
                       const std::map<std::string, Spec>& specs, Same same);

    const Catalog& catalog_;
    FaultList& faults_;
    const NameLines& lines_;
    std::vector<std::string> data_sets_;
    std::vector<std::string> networks_;
    std::vector<std::string> recipes_;
};

} // namespace suite::plan
