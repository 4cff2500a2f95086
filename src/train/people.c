#include "train/people.h"

void lw_people_tell(const lw_network *network, const lw_dataset *dataset, const uint64_t *records, size_t n,
                    lw_engine *engine) {
    for (size_t i = 0; lw_network_inputs(network) > 0 && i < n; i++) {
        const lw_person person = {(double)lw_dataset_age_years(dataset, records[i]),
                                  lw_dataset_sex(dataset, records[i])};
        lw_network_encode(network, &person, lw_engine_inputs(engine, i));
    }
}
