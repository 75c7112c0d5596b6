import { noticePage, renewedPage } from './notice-page.mjs'

/** A program with plain arguments: it is run without a shell. */
const COMMAND = /^\/[A-Za-z0-9_@%+=:,./-]*( [A-Za-z0-9_@%+=:,./-]+)*$/

/**
 * What runs on the server, as the account that hosts. Everything of Hosting Desk comes as the argument.
 *
 * @type {import('hosting-desk/extending/server').CreateServerHalf}
 */
export default (desk) => ({
  // A key that nobody declares is refused by name.
  contextKeys: {
    site: { notice_signature: desk.keys.text({ maxLength: 200 }) },
    server: {
      notices_service_type: desk.keys.oneOf(['board']),
      notices_port: desk.keys.integer(1, 65_535),
      notices_restart_cmd: desk.keys.text({ pattern: COMMAND }),
      notices_language: desk.keys.oneOf(['en', 'fr']),
      notices_publisher: desk.keys.text({ maxLength: 120 }),
    },
  },

  commands: {
    site: {
      // Runs as provision-publish-notice.
      'publish-notice': {
        async plan({ context, options, site }) {
          const { uri, folder, url, server } = await site()
          const { headline, text, level = 'news', until, isRehearsal } = options
          if (typeof headline !== 'string' || typeof text !== 'string')
            return desk.fail(
              'PROVISION_NOTICE_EMPTY',
              `The notice for @${context.name} says nothing.`,
            )
          const page = noticePage({
            uri,
            headline,
            text,
            level: String(level),
            until: typeof until === 'string' ? until : null,
            signature: String(context.options['notice_signature'] ?? ''),
            publisher: String(server.options['notices_publisher'] ?? ''),
            language: String(server.options['notices_language'] ?? 'en'),
            now: new Date(),
          })
          return {
            steps: [
              desk.steps.writeFile('Write the notice', `${folder}/notice.html`, page),
              ...tellBoard(desk, server),
              ...(isRehearsal === true ? [failing(desk)] : []),
            ],
            data: { url: `${url}/notice.html` },
          }
        },
      },

      'renew-notice': {
        async plan({ site }) {
          const file = `${(await site()).folder}/notice.html`
          const page = await desk.findText(file)
          return {
            steps:
              page === undefined
                ? []
                : [desk.steps.writeFile('Renew the notice', file, renewedPage(page, new Date()))],
          }
        },
      },
    },
  },

  services: {
    notices: {
      board: ({ server, port }) => ({
        verifyServer(facts) {
          facts['noticesPort'] = port ?? null
          return tellBoard(desk, server)
        },
      }),
    },
  },
})

/**
 * The service's restart command, where the server has one; it is told again when the notice is taken back.
 *
 * @param {import('hosting-desk/extending/server').ServerDesk} desk
 * @param {import('hosting-desk/extending/server').Context} server
 */
function tellBoard(desk, server) {
  const command = server.options['notices_restart_cmd']
  const [program, ...args] = typeof command === 'string' ? command.split(' ') : []
  if (program === undefined) return []
  return [desk.steps.run('Tell the notice board', [program, ...args], [program, ...args])]
}

/**
 * A step of one's own: `run` returns what takes it back, if there is anything to take back.
 *
 * @param {import('hosting-desk/extending/server').ServerDesk} desk
 * @returns {import('hosting-desk/extending/server').Step}
 */
const failing = (desk) => ({
  title: 'End the rehearsal',
  run: () => desk.fail('PROVISION_NOTICE_REHEARSED', 'It was only a rehearsal.'),
})
