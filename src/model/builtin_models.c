/* Models that come with the library. */
#include "model/builtin_models.h"

#include <string.h>

#include "base/error.h"
#include "leadwise/model.h"

const char *lw_model_builtin(size_t i) {
    size_t count = 0;
    while (lw_builtin_models[count].name)
        count++;
    return i < count ? lw_builtin_models[i].name : NULL;
}

lw_status lw_model_load_builtin(const char *name, lw_model **out, lw_error *err) {
    const lw_builtin_model *model = lw_builtin_models;
    while (model->name && name && strcmp(model->name, name) != 0)
        model++;
    if (!model->name && name)
        return lw_fail(err, LW_ERR_ARGUMENT, "no model '%s' is built in", name);
    if (!model->name)
        return lw_fail(err, LW_ERR_ARGUMENT, "no model is built in");
    return lw_model_parse(model->bytes, (size_t)(model->end - model->bytes), model->name, out, err);
}
