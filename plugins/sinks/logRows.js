// Writes rows to the gateway's log: an example of a singleton in plain CommonJS. All rules share it, and so its counter.
exports.LogRows = {
  open() {
    // nothing to open
  },

  /** @param {import('kuiper-gateway').SinkContext} ctx */
  collect(ctx, data) {
    ctx.incrCounter('rows', Array.isArray(data) ? data.length : 1);
    ctx.getLogger().info(`${ctx.getRuleId()}, ${ctx.getCounter('rows')} rows so far`, data);
  },

  close() {
    // the gateway keeps the counter
  },
};
