/** Whether the page is in a window of the desktop application: its preload says so. In a browser there is none. */
export const isOnDesktop = (): boolean => 'hostingDesk' in window
