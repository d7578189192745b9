/** How CometChat's clients ask for a page. */
export interface Paging {
  perPage?: number;
  page?: number;
}

const DEFAULT_PER_PAGE = 100;

export interface PageAsked {
  limit: number;
  offset: number;
  page: number;
}

export function pageAsked({ perPage = DEFAULT_PER_PAGE, page = 1 }: Paging): PageAsked {
  return { limit: perPage, offset: (page - 1) * perPage, page };
}

export const showPage = <T>(data: T[], total: number, { limit, page }: PageAsked) => ({
  data,
  meta: {
    pagination: {
      total,
      count: data.length,
      per_page: limit,
      current_page: page,
      // There it is one page where there is nothing.
      total_pages: Math.max(1, Math.ceil(total / limit)),
    },
  },
});
