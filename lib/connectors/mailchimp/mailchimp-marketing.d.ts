/** The calls we use of Mailchimp's official client 3.0.80, which ships no types. Its constructor, not its singleton. */
declare module '@mailchimp/mailchimp_marketing/src/ApiClient.js' {
  interface Paging {
    readonly fields?: readonly string[];
    readonly count?: number;
    readonly offset?: number;
  }

  interface MemberQuery extends Paging {
    readonly status?: 'archived';
    readonly since_last_changed?: string;
    readonly before_last_changed?: string;
    readonly sort_field?: 'last_changed';
    readonly sort_dir?: 'ASC';
  }

  interface SegmentMembersQuery extends Paging {
    readonly include_cleaned: true;
    readonly include_transactional: true;
    readonly include_unsubscribed: true;
  }

  interface CampaignQuery extends Paging {
    readonly status: 'sent';
    readonly list_id: string;
    readonly since_send_time: string;
    readonly before_send_time: string;
    readonly sort_field: 'send_time';
    readonly sort_dir: 'ASC';
  }

  interface ReportQuery extends Paging {
    readonly since_send_time: string;
    readonly before_send_time: string;
  }

  interface ApiClient {
    basePath: string;
    timeout: number;
    setConfig(config: { readonly apiKey: string; readonly server?: string }): void;
    readonly lists: {
      getList(list: string, options: Paging): Promise<unknown>;
      getListMembersInfo(list: string, options: MemberQuery): Promise<unknown>;
      getListMember(list: string, hash: string, options: Paging): Promise<unknown>;
      getListMergeFields(list: string, options: Paging): Promise<unknown>;
      updateListMember(
        list: string,
        hash: string,
        body: { readonly merge_fields: Readonly<Record<string, string | number>> },
        options: Pick<Paging, 'fields'> & { readonly skip_merge_validation: true },
      ): Promise<unknown>;
      deleteListMemberPermanent(list: string, hash: string): Promise<unknown>;
      listSegments(list: string, options: Paging & { readonly type: 'static' }): Promise<unknown>;
      createSegment(list: string, body: { name: string; static_segment: readonly string[] }): Promise<unknown>;
      getSegmentMembersList(list: string, segment: string, options: SegmentMembersQuery): Promise<unknown>;
      /** The body comes first here and nowhere else. */
      batchSegmentMembers(
        body: { members_to_add?: readonly string[]; members_to_remove?: readonly string[] },
        list: string,
        segment: string,
      ): Promise<unknown>;
    };
    readonly campaigns: { list(options: CampaignQuery): Promise<unknown> };
    readonly reports: {
      getAllCampaignReports(options: ReportQuery): Promise<unknown>;
      getCampaignRecipients(campaign: string, options: Paging): Promise<unknown>;
      getUnsubscribedListForCampaign(campaign: string, options: Paging): Promise<unknown>;
      /** Without pages: the reference gives it no `count` and no `offset`. */
      getCampaignAbuseReports(campaign: string, options: Pick<Paging, 'fields'>): Promise<unknown>;
      getEmailActivityForCampaign(campaign: string, options: Paging & { readonly since?: string }): Promise<unknown>;
    };
    readonly reporting: {
      getSurveyReportsAll(options: Paging): Promise<unknown>;
      /** Without pages: the reference gives it no `count` and no `offset`. */
      getSurveyResponsesAll(survey: string, options: Pick<Paging, 'fields'>): Promise<unknown>;
      getSurveyResponse(survey: string, response: string): Promise<unknown>;
    };
  }

  const ApiClient: new () => ApiClient;
  export = ApiClient;
}
