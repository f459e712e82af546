-- What a person does in Neovim with `kuiper lsp`, done by its own client: open a file, see the errors, ask for help, complete a word, take the
-- correction, format. Run by ../lsp-neovim.test.ts: nvim --headless -u NONE -i NONE -c 'luafile neovim.lua'. Works from 0.7 on.
local found = { version = tostring(vim.version().major) .. '.' .. tostring(vim.version().minor) }
local cmd = vim.fn.json_decode(vim.env.KUIPER_LSP)

local function wait_for(what, condition)
  if not vim.wait(20000, condition, 20) then error('Neovim waited for nothing: ' .. what) end
end

local function diagnostics()
  local out = {}
  for _, d in ipairs(vim.diagnostic.get(0)) do
    table.insert(out, string.format('%d:%d-%d:%d %s %s', d.lnum, d.col, d.end_lnum, d.end_col, tostring(d.code or (d.user_data and d.user_data.lsp.code)), d.message))
  end
  return out
end

local function answer(method, params)
  local answers = vim.lsp.buf_request_sync(0, method, params, 20000) or {}
  for _, a in pairs(answers) do return a.result end
end

local ok, err = pcall(function()
  vim.cmd('edit ' .. vim.env.KUIPER_FILE)
  local id = vim.lsp.start_client({ name = 'kuiper', cmd = cmd, root_dir = vim.fn.fnamemodify(vim.env.KUIPER_FILE, ':h') })
  vim.lsp.buf_attach_client(0, id)
  wait_for('the server to be ready', function() return vim.lsp.buf_get_clients(0)[id] ~= nil and vim.lsp.get_client_by_id(id).initialized end)
  wait_for('the first diagnostics', function() return #vim.diagnostic.get(0) > 0 end)
  found.first = diagnostics()

  -- the cursor stands on the function
  vim.api.nvim_win_set_cursor(0, { 2, 8 })
  local help = answer('textDocument/hover', vim.lsp.util.make_position_params())
  found.hover = help and help.contents.value

  -- the omnifunc is what CTRL-X CTRL-O calls
  vim.api.nvim_buf_set_lines(0, 2, 3, false, { 'SELECT plant.temp FROM plant;' })
  vim.api.nvim_win_set_cursor(0, { 3, 17 })
  local items = answer('textDocument/completion', vim.lsp.util.make_position_params())
  found.completion = vim.tbl_map(function(i) return i.label end, items.items or items)

  -- the correction of the first diagnostic, taken as CTRL-. would
  local params = vim.lsp.util.make_range_params()
  local first = vim.diagnostic.get(0, { lnum = 0 })[1]
  params.range = { start = { line = first.lnum, character = first.col }, ['end'] = { line = first.end_lnum, character = first.end_col } }
  params.context = { diagnostics = vim.lsp.diagnostic.get_line_diagnostics(0, 0) }
  local actions = answer('textDocument/codeAction', params)
  found.actions = vim.tbl_map(function(a) return a.title end, actions or {})
  vim.lsp.util.apply_workspace_edit(actions[1].edit, vim.lsp.get_client_by_id(id).offset_encoding)
  found.corrected = vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]
  wait_for('the error to go', function() return #vim.diagnostic.get(0, { lnum = 0 }) == 0 and #vim.diagnostic.get(0) == 1 end)
  found.left = diagnostics()

  if vim.lsp.buf.format then vim.lsp.buf.format({ timeout_ms = 20000 }) else vim.lsp.buf.formatting_sync(nil, 20000) end
  found.formatted = vim.api.nvim_buf_get_lines(0, 0, -1, false)

  vim.lsp.stop_client(id)
  wait_for('the server to end', function() return vim.lsp.get_client_by_id(id) == nil or vim.lsp.client_is_stopped(id) end)
end)
if not ok then found.error = tostring(err) end
vim.fn.writefile({ vim.fn.json_encode(found) }, vim.env.KUIPER_FOUND)
vim.cmd('qa!')
